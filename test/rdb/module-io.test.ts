import { describe, expect, test } from 'vitest';
import type { ByteString } from '../../host/lib/bytes.ts';
import {
  AUX_AFTER,
  AUX_BEFORE,
  type AuxMoment,
  auxRecord,
  encodingVersionOf,
  type ModuleLoader,
  ModuleSaveError,
  type ModuleSaver,
  type ModuleTypeResolver,
  moduleId,
  moduleNameOf,
  type RdbModuleType,
  readAux,
  readModuleValue,
  writeModuleValue,
} from '../../host/rdb/module-io.ts';
import { RdbError, RdbReader } from '../../host/rdb/reader.ts';
import { RdbWriter } from '../../host/rdb/writer.ts';
import { ModuleValue } from '../../host/values/module.ts';

const PLACE = { key: 'k' as ByteString, databaseIndex: 3 };

/** A type whose values are what `load` read; saving writes one field of each kind. */
class SampleType implements RdbModuleType {
  readonly tag = 0;
  readonly canCopy = false;
  rewriteAof(): boolean {
    return false;
  }

  readonly name = 'sample-_9';
  readonly encodingVersion = 1023;
  freed = 0;
  loaded: unknown[] = [];
  readonly auxSeen: [AuxMoment, bigint][] = [];
  isRefusing = false;
  fields = (loader: ModuleLoader): unknown[] => [
    loader.loadUnsigned(),
    loader.loadSigned(),
    loader.loadDouble(),
    loader.loadFloat(),
    loader.loadString()?.toString() ?? null,
  ];
  readonly aux = {
    moments: AUX_BEFORE | AUX_AFTER,
    omitsEmpty: true,
    save: (saver: ModuleSaver, moment: AuxMoment): void => {
      if (moment === AUX_AFTER) saver.saveUnsigned(77n);
    },
    load: (loader: ModuleLoader, _version: number, moment: AuxMoment): boolean => {
      this.auxSeen.push([moment, loader.loadUnsigned()]);
      return !this.isRefusing;
    },
  };

  save(_value: ModuleValue, saver: ModuleSaver): boolean {
    saver.saveUnsigned(2n ** 64n - 1n);
    saver.saveSigned(-5n);
    saver.saveDouble(0.1);
    saver.saveFloat(0.5);
    saver.saveString(Buffer.from('text'.repeat(20)));
    return !this.isRefusing;
  }

  load(loader: ModuleLoader, encodingVersion: number): ModuleValue | null {
    this.loaded = [encodingVersion, ...this.fields(loader), loader.isIoError];
    return this.isRefusing ? null : new ModuleValue(this, 1, 1);
  }

  free(): void {
    this.freed++;
  }
  unlink(): void {}
  memoryUsage(): number {
    return 0;
  }
  freeEffort(): number {
    return 1;
  }
  digest(): void {}
  copy(): null {
    return null;
  }
}

function resolver(type: RdbModuleType | null): ModuleTypeResolver {
  return {
    typeByName: (name) => (type?.name === name ? type : null),
    types: () => (type === null ? [] : [type]),
  };
}

function savedValue(type: SampleType): Buffer {
  const writer = new RdbWriter();
  writeModuleValue(writer, new ModuleValue(type, 1, 1), PLACE);
  return Buffer.from(writer.take());
}

function reasonOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof RdbError) return error.reason;
    throw error;
  }
  return 'accepted';
}

describe('module values', () => {
  test('name and version make the 64-bit id and come out of it again', () => {
    // The id of the type `test1-abc` with version 3, computed by hand from the 6-bit alphabet.
    const id = moduleId('test1-abc', 3);
    expect(moduleNameOf(id)).toBe('test1-abc');
    expect(encodingVersionOf(id)).toBe(3);
    expect(moduleId('AAAAAAAAA', 0)).toBe(0n);
    expect(moduleId('AAAAAAAAB', 1)).toBe(1025n);
    expect(moduleId('_________', 1023)).toBe(2n ** 64n - 1n);
  });

  test('all kinds of fields come back', () => {
    const type = new SampleType();
    readModuleValue(RdbReader.ofBuffer(savedValue(type)), resolver(type), PLACE);
    const text = 'text'.repeat(20);
    expect(type.loaded).toEqual([1023, 2n ** 64n - 1n, -5n, 0.1, 0.5, text, false]);
    expect(type.freed).toBe(0);
  });

  test('a module that fails to save fails what is being written', () => {
    const type = new SampleType();
    type.isRefusing = true;
    expect(() => savedValue(type)).toThrow(ModuleSaveError);
  });

  test('a type that nobody has is named', () => {
    const bytes = savedValue(new SampleType());
    expect(reasonOf(() => readModuleValue(RdbReader.ofBuffer(bytes), resolver(null), PLACE))).toBe(
      "The RDB file contains module data I can't load: no matching module type 'sample-_9'",
    );
  });

  test('a value cut anywhere is an error, and what the module made of it is freed', () => {
    const type = new SampleType();
    const bytes = savedValue(type);
    for (let end = 9; end < bytes.length; end++) {
      type.freed = 0;
      const reader = RdbReader.ofBuffer(bytes.subarray(0, end));
      expect(reasonOf(() => readModuleValue(reader, resolver(type), PLACE))).toBe('Short read');
      expect(type.freed).toBe(1);
    }
  });

  test('after the first failure everything loads as zero', () => {
    const type = new SampleType();
    type.fields = (loader) => [loader.loadString(), loader.loadUnsigned(), loader.loadDouble()];
    const reader = RdbReader.ofBuffer(savedValue(type));
    expect(reasonOf(() => readModuleValue(reader, resolver(type), PLACE))).toContain('kind 2');
    expect(type.loaded).toEqual([1023, null, 0n, 0, true]);
  });

  test('a module that reads too little, or refuses, fails the load', () => {
    const type = new SampleType();
    const bytes = savedValue(type);
    type.fields = (loader) => [loader.loadUnsigned()];
    expect(reasonOf(() => readModuleValue(RdbReader.ofBuffer(bytes), resolver(type), PLACE))).toBe(
      "The RDB file contains module data for the module 'sample-_9' that is not terminated by " +
        'the proper module value EOF marker',
    );
    type.isRefusing = true;
    expect(
      reasonOf(() => readModuleValue(RdbReader.ofBuffer(bytes), resolver(type), PLACE)),
    ).toContain('that the responsible module is not able to load');
  });
});

describe('auxiliary data', () => {
  test('what is saved at a moment is loaded at that moment', () => {
    const type = new SampleType();
    const writer = new RdbWriter();
    expect(auxRecord(type, AUX_AFTER, writer)).toBe(true);
    readAux(RdbReader.ofBuffer(writer.take()), resolver(type));
    expect(type.auxSeen).toEqual([[AUX_AFTER, 77n]]);
  });

  test('a module that saves nothing leaves no record when it says so', () => {
    expect(auxRecord(new SampleType(), AUX_BEFORE, new RdbWriter())).toBe(false);
  });

  test('data of a module that is not there, or refuses, is an error', () => {
    const type = new SampleType();
    const writer = new RdbWriter();
    auxRecord(type, AUX_AFTER, writer);
    const bytes = writer.take();
    expect(reasonOf(() => readAux(RdbReader.ofBuffer(bytes), resolver(null)))).toBe(
      "The RDB file contains AUX module data I can't load: no matching module 'sample-_9'",
    );
    type.isRefusing = true;
    expect(reasonOf(() => readAux(RdbReader.ofBuffer(bytes), resolver(type)))).toContain(
      'not able to load',
    );
  });
});
