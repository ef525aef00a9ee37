// A data type of the probe module whose callbacks are closures of the test.

import type { CallbackName } from '../../abi/callbacks.ts';
import { STRUCTS } from '../../abi/structs.ts';
import type { Probe, ProbeCall } from './probe.ts';

const { fields, size } = STRUCTS.RedisModuleTypeMethods;

type Method = Exclude<(typeof fields)[number]['name'], 'version' | 'aux_save_triggers'>;
type Closure = Parameters<Probe['callback']>[1];

/** Runs as OnLoad does: commands, types and options may be registered. */
export function loading<T>(probe: Probe, run: (call: ProbeCall) => T): T {
  const { m } = probe;
  m.isLoading = true;
  try {
    return probe.run(run);
  } finally {
    m.isLoading = false;
  }
}

/** A RedisModuleTypeMethods of `version` in guest memory. */
export function typeMethods(
  probe: Probe,
  methods: Partial<Record<Method, Closure>>,
  version = 5n,
): number {
  const ptr = probe.room(size);
  for (const { name, at, c } of fields) {
    if (name === 'version') probe.m.memory.writeU64(ptr, version);
    const closure = methods[name as Method];
    if (closure === undefined) continue;
    probe.m.memory.writeU32(ptr + at, probe.callback(c as CallbackName, closure)); // its typedef
  }
  return ptr;
}

/** Registers a type; returns its handle. */
export function makeType(
  probe: Probe,
  methods: Partial<Record<Method, Closure>> = {},
  name = 'ProbeType',
): number {
  return loading(probe, ({ ctx, api }) =>
    api.RedisModule_CreateDataType(ctx, probe.cstring(name), 1, typeMethods(probe, methods)),
  );
}

/** Puts a value of the type under `key`. */
export function setValue(probe: Probe, type: number, key: string, data: number): number {
  return probe.run(({ ctx, api }) => {
    const opened = api.RedisModule_OpenKey(ctx, probe.string(key), 2);
    return api.RedisModule_ModuleTypeSetValue(opened, type, data);
  });
}
