// Module values in RDB: what a module's save and load callbacks talk to. Each field carries its
// kind in front, so that a file can be checked and skipped by those who lack the module.
//
//   value   7 key … module id | { kind field } | 0
//   aux     247 module id | 2 when | { kind field } | 0
//   id      nine characters, 6 bits each, then the encoding version, 10 bits

import type { ByteString } from '../lib/bytes.ts';
import { ServiceKey } from '../lib/services.ts';
import type { ModuleType, ModuleValue, ModuleValuePlace } from '../values/module.ts';
import { MODULE_OPCODE } from './format.ts';
import { RdbError, type RdbReader } from './reader.ts';
import type { RdbWriter } from './writer.ts';

/** What a save callback writes to. */
export interface ModuleSaver {
  saveUnsigned(value: bigint): void;
  /** Stored as the unsigned number with the same bits. */
  saveSigned(value: bigint): void;
  saveDouble(value: number): void;
  saveFloat(value: number): void;
  /** @param bytes view, copied */
  saveString(bytes: Buffer): void;
}

/**
 * What a load callback reads from. After the first failure `isIoError` is true and everything
 * loads as zero or empty.
 */
export interface ModuleLoader {
  readonly isIoError: boolean;
  loadUnsigned(): bigint;
  loadSigned(): bigint;
  loadDouble(): number;
  loadFloat(): number;
  /** Own memory; null after a failure. */
  loadString(): Buffer | null;
}

/** Auxiliary data is saved before all keys, or after them: REDISMODULE_AUX_BEFORE_RDB, _AFTER_RDB. */
export const AUX_BEFORE = 1;
export const AUX_AFTER = 2;
export type AuxMoment = typeof AUX_BEFORE | typeof AUX_AFTER;

/** Takes the commands that rebuild a value: words as bytes, the first is the command. */
export type EmitCommand = (words: readonly ByteString[]) => void;

/** A module type that can be kept in files. Its functions never throw. */
export interface RdbModuleType extends ModuleType {
  /** False when the module could not: what has been written is then incomplete. */
  save(value: ModuleValue, saver: ModuleSaver, place: ModuleValuePlace): boolean;
  /** Returns a detached value, or null when the module refuses the data. */
  load(loader: ModuleLoader, encodingVersion: number, place: ModuleValuePlace): ModuleValue | null;
  /** Emits the commands that make the value; false when the type cannot, or trapped. */
  rewriteAof(value: ModuleValue, place: ModuleValuePlace, emit: EmitCommand): boolean;
  readonly aux?: AuxCallbacks;
}

/** Data of a module beside its keys. */
export interface AuxCallbacks {
  /** AUX_BEFORE | AUX_AFTER: when `save` wants to be called. */
  readonly moments: number;
  /** A module that saves nothing leaves no trace in the file: aux_save2. */
  readonly omitsEmpty: boolean;
  save(saver: ModuleSaver, moment: AuxMoment): void;
  /** False refuses the data. */
  load(loader: ModuleLoader, encodingVersion: number, moment: AuxMoment): boolean;
}

/** The types of an instance; the module host implements it. */
export interface ModuleTypeResolver {
  /** @param name nine characters */
  typeByName(name: string): RdbModuleType | null;
  /** All registered types, in order of registration. */
  types(): Iterable<RdbModuleType>;
}

/** Where an instance's types are found. */
export const MODULE_TYPES = new ServiceKey<ModuleTypeResolver>('module-types');

/** For instances without modules. */
export const NO_MODULE_TYPES: ModuleTypeResolver = { typeByName: () => null, types: () => [] };

const NAME_CHARACTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const NAME_LENGTH = 9;
const VERSION_BITS = 10n;
const VERSION_MASK = (1n << VERSION_BITS) - 1n;

/** @param name nine characters of A-Z, a-z, 0-9, `-` and `_` */
export function moduleId(name: string, encodingVersion: number): bigint {
  let id = 0n;
  for (const character of name) id = (id << 6n) | BigInt(NAME_CHARACTERS.indexOf(character));
  return (id << VERSION_BITS) | BigInt(encodingVersion);
}

export function moduleNameOf(id: bigint): string {
  let name = '';
  for (let i = NAME_LENGTH - 1; i >= 0; i--) {
    const digit = Number((id >> (VERSION_BITS + BigInt(6 * i))) & 63n);
    name += NAME_CHARACTERS[digit];
  }
  return name;
}

export function encodingVersionOf(id: bigint): number {
  return Number(id & VERSION_MASK);
}

/** A module has failed to save a value; what was being written is of no use. */
export class ModuleSaveError extends Error {
  constructor(typeName: string) {
    super(`The module of type '${typeName}' was not able to save a value`);
    this.name = 'ModuleSaveError';
  }
}

/** Writes a value behind its type byte and key. Throws ModuleSaveError. */
export function writeModuleValue(
  writer: RdbWriter,
  value: ModuleValue,
  place: ModuleValuePlace,
): void {
  const type = value.moduleType as RdbModuleType; // the host registers no other types
  writer.length64(moduleId(type.name, type.encodingVersion));
  if (!type.save(value, new FieldSaver(writer), place)) throw new ModuleSaveError(type.name);
  writer.length(MODULE_OPCODE.eof);
}

/** Reads what `writeModuleValue` wrote. */
export function readModuleValue(
  reader: RdbReader,
  types: ModuleTypeResolver,
  place: ModuleValuePlace,
): ModuleValue {
  const id = reader.length64();
  const name = moduleNameOf(id);
  const type = types.typeByName(name);
  if (type === null) {
    return reader.fail(
      `The RDB file contains module data I can't load: no matching module type '${name}'`,
    );
  }
  const loader = new FieldLoader(reader);
  const value = type.load(loader, encodingVersionOf(id), place);
  try {
    loader.rethrow();
    if (value === null) reader.fail(refusedText(name));
    if (reader.length() !== MODULE_OPCODE.eof) reader.fail(unterminatedText(name));
  } catch (error) {
    if (value !== null) type.free(value);
    throw error;
  }
  return value as ModuleValue; // null has failed above
}

/** Writes what a type has to say at this moment, if anything: a whole aux record. */
export function auxRecord(type: RdbModuleType, moment: AuxMoment, into: RdbWriter): boolean {
  const { aux } = type;
  if (aux === undefined || (aux.moments & moment) === 0) return false;
  into.length64(moduleId(type.name, type.encodingVersion));
  into.length(MODULE_OPCODE.unsigned);
  into.length(moment);
  const before = into.offset;
  aux.save(new FieldSaver(into), moment);
  if (aux.omitsEmpty && into.offset === before) return false;
  into.length(MODULE_OPCODE.eof);
  return true;
}

/** Reads an aux record behind its opcode and gives it to its type. */
export function readAux(reader: RdbReader, types: ModuleTypeResolver): void {
  const id = reader.length64();
  const name = moduleNameOf(id);
  if (reader.length() !== MODULE_OPCODE.unsigned) reader.fail('bad when_opcode');
  const moment = reader.length();
  if (moment !== AUX_BEFORE && moment !== AUX_AFTER) reader.fail('bad when');
  const type = types.typeByName(name);
  if (type === null) {
    reader.fail(`The RDB file contains AUX module data I can't load: no matching module '${name}'`);
  }
  if (type.aux === undefined) {
    reader.fail(
      `The RDB file contains module AUX data, but the module '${name}' doesn't seem to support it.`,
    );
  }
  const loader = new FieldLoader(reader);
  const isTaken = type.aux.load(loader, encodingVersionOf(id), moment);
  loader.rethrow();
  if (!isTaken) reader.fail(refusedText(name));
  if (reader.length() !== MODULE_OPCODE.eof) reader.fail(unterminatedText(name));
}

function refusedText(name: string): string {
  return (
    `The RDB file contains module data for the module type '${name}', that the responsible ` +
    'module is not able to load. Check for modules log above for additional clues.'
  );
}

function unterminatedText(name: string): string {
  return (
    `The RDB file contains module data for the module '${name}' that is not terminated by the ` +
    'proper module value EOF marker'
  );
}

/** Fields into a writer. */
export class FieldSaver implements ModuleSaver {
  readonly #writer: RdbWriter;

  constructor(writer: RdbWriter) {
    this.#writer = writer;
  }

  saveUnsigned(value: bigint): void {
    this.#writer.length(MODULE_OPCODE.unsigned);
    this.#writer.length64(BigInt.asUintN(64, value));
  }

  saveSigned(value: bigint): void {
    this.saveUnsigned(value);
  }

  saveDouble(value: number): void {
    this.#writer.length(MODULE_OPCODE.double);
    this.#writer.double(value);
  }

  saveFloat(value: number): void {
    this.#writer.length(MODULE_OPCODE.float);
    this.#writer.float(value);
  }

  saveString(bytes: Buffer): void {
    this.#writer.length(MODULE_OPCODE.string);
    this.#writer.string(bytes);
  }
}

/** Fields from a reader; remembers the first failure instead of throwing it at the guest. */
export class FieldLoader implements ModuleLoader {
  readonly #reader: RdbReader;
  #error: RdbError | null = null;

  constructor(reader: RdbReader) {
    this.#reader = reader;
  }

  get isIoError(): boolean {
    return this.#error !== null;
  }

  /** Throws the failure that the guest did not see. */
  rethrow(): void {
    if (this.#error !== null) throw this.#error;
  }

  loadUnsigned(): bigint {
    return this.#field(MODULE_OPCODE.unsigned, 0n, () => this.#reader.length64());
  }

  loadSigned(): bigint {
    return BigInt.asIntN(64, this.loadUnsigned());
  }

  loadDouble(): number {
    return this.#field(MODULE_OPCODE.double, 0, () => this.#reader.double());
  }

  loadFloat(): number {
    return this.#field(MODULE_OPCODE.float, 0, () => this.#reader.float());
  }

  loadString(): Buffer | null {
    return this.#field<Buffer | null>(MODULE_OPCODE.string, null, () =>
      Buffer.from(this.#reader.string()),
    );
  }

  #field<T>(opcode: number, neutral: T, read: () => T): T {
    if (this.#error !== null) return neutral;
    try {
      const found = this.#reader.length();
      if (found !== opcode) this.#reader.fail(`Module field of kind ${found}, not ${opcode}`);
      return read();
    } catch (error) {
      if (!(error instanceof RdbError)) throw error;
      this.#error = error;
      return neutral;
    }
  }
}
