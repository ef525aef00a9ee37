// Values of module data types: the host keeps a pointer into a guest and asks the type for the rest.

import type { ByteString } from '../lib/bytes.ts';
import { VALUE_BYTES } from './estimate.ts';
import type { Ledger, Value } from './ledger.ts';

/** Where a key's value is: what type callbacks may want to know of it. */
export interface ModuleValuePlace {
  readonly key: ByteString;
  readonly databaseIndex: number;
}

/** Collects what DEBUG DIGEST hashes of a value. */
export interface DigestSink {
  addBytes(bytes: ByteString): void;
  addInteger(value: bigint): void;
  /** Ends an element whose position matters. */
  endSequence(): void;
}

/**
 * A data type registered by a module. The functions call into the guest; when it traps or the
 * value is of a former generation they give the neutral answer named with each.
 */
export interface ModuleType {
  /** Exactly 9 characters of A-Z, a-z, 0-9, `-` and `_`: the name in RDB files. */
  readonly name: string;
  /** A small number, unique in the instance: records keep it beside the pointer. */
  readonly tag: number;
  /** 0 to 1023. */
  readonly encodingVersion: number;
  /** Tells the guest that nobody refers to the value any more. */
  free(value: ModuleValue): void;
  /** Tells the guest that a key loses its value, before `free`. */
  unlink(value: ModuleValue, place: ModuleValuePlace): void;
  /** Bytes in the guest, estimated from `sampleSize` elements (0: all); neutral: 0. */
  memoryUsage(value: ModuleValue, place: ModuleValuePlace, sampleSize: number): number;
  /** How much work freeing is: neutral 1; 0 asks for freeing in the background. */
  freeEffort(value: ModuleValue, place: ModuleValuePlace): number;
  /** Feeds the digest; neutral: nothing. */
  digest(value: ModuleValue, place: ModuleValuePlace, sink: DigestSink): void;
  /** False for types whose values cannot be copied at all. */
  readonly canCopy: boolean;
  /** A detached copy for another key, or null when that failed. */
  copy(value: ModuleValue, from: ModuleValuePlace, to: ModuleValuePlace): ModuleValue | null;
}

/** `pointer` means something only in the instance whose generation it carries. */
export class ModuleValue implements Value {
  readonly type = 'module';
  readonly encoding = 'raw';
  memoryBytes = VALUE_BYTES;
  ledger: Ledger | null = null;
  readonly moduleType: ModuleType;
  /** An address in the guest's memory. */
  readonly pointer: number;
  /** Counts the instances that a module has had: a reload makes a new one. */
  readonly generation: number;

  constructor(moduleType: ModuleType, pointer: number, generation: number) {
    this.moduleType = moduleType;
    this.pointer = pointer;
    this.generation = generation;
  }

  /** What it points to is in a guest: see Database.prefetch. */
  touch(): number {
    return this.pointer;
  }
}
