// A module whose callbacks run for ever on demand: `x.bad NAME`, or rather its number, chooses
// which. Everything a server calls a module for is registered.

import { STRUCTS } from '../../abi/structs.ts';
import { guestText } from './guest.ts';

/** Callbacks by name: parameters and, where it returns something, the result's type. */
const CALLBACKS = {
  command: ['i32 i32 i32', 'i32'],
  block: ['i32 i32 i32', 'i32'],
  reply: ['i32 i32 i32', 'i32'],
  timeout: ['i32 i32 i32', 'i32'],
  free_privdata: ['i32 i32'],
  disconnect: ['i32 i32'],
  timer: ['i32 i32'],
  event: ['i32 i32 i32 i32', 'i32'],
  job: ['i32 i32'],
  info: ['i32 i32'],
  config_get: ['i32 i32', 'i64'],
  config_set: ['i32 i64 i32 i32', 'i32'],
  rdb_load: ['i32 i32', 'i32'],
  rdb_save: ['i32 i32'],
  aof_rewrite: ['i32 i32 i32'],
  mem_usage: ['i32', 'i32'],
  digest: ['i32 i32'],
  free: ['i32'],
  keys: ['i32 i32 i32', 'i32'],
} as const;

export type RunawayCallback = keyof typeof CALLBACKS;

export const RUNAWAY_CALLBACKS = Object.keys(CALLBACKS) as RunawayCallback[];

/** What `x.bad` takes. */
export function numberOf(name: RunawayCallback): number {
  return RUNAWAY_CALLBACKS.indexOf(name) + 1;
}

const indexOf = numberOf; // in the table, too

const BODIES: Partial<Record<RunawayCallback, string>> = {
  command: '(drop (call $ReplyWithLongLong (local.get 0) (i64.const 7)))',
  block: `(local $bc i32)
    (local.set $bc (call $BlockClient (local.get 0) (i32.const ${indexOf('reply')})
      (i32.const ${indexOf('timeout')}) (i32.const ${indexOf('free_privdata')}) (i64.const 50)))
    (call $SetDisconnectCallback (local.get $bc) (i32.const ${indexOf('disconnect')}))
    (if (i32.eq (local.get 2) (i32.const 2))
      (then (drop (call $UnblockClient (local.get $bc) (i32.const 1)))))`,
  reply: '(drop (call $ReplyWithLongLong (local.get 0) (i64.const 8)))',
  timeout: '(drop (call $ReplyWithLongLong (local.get 0) (i64.const 9)))',
  event: `(drop (call $AddPostNotificationJob (local.get 0) (i32.const ${indexOf('job')})
    (i32.const 0) (i32.const 0)))`,
  rdb_save: '(call $SaveUnsigned (local.get 0) (i64.const 5))',
  rdb_load: '(drop (call $LoadUnsigned (local.get 0)))',
};

const METHODS = ['rdb_load', 'rdb_save', 'aof_rewrite', 'mem_usage', 'digest', 'free'] as const;
const NAMES = {
  1100: 'x.bad',
  1120: 'x.run',
  1140: 'x.block',
  1160: 'x.timer',
  1180: 'x.set',
  1200: 'x.keys',
  1220: '',
  1240: 'write',
  1260: 'getkeys-api',
  1280: 'runawayty',
  1300: 'number',
  1320: 'RANDOMKEY',
};

/** Command functions that do not run away. */
const TOOLS = {
  bad: '(drop (call $StringToLongLong (i32.load offset=4 (local.get 1)) (i32.const 2000)))',
  timer: `(drop (call $CreateTimer (local.get 0) (i64.const 1) (i32.const ${indexOf('timer')})
    (i32.const 0)))`,
  set: `(drop (call $ModuleTypeSetValue
    (call $OpenKey (local.get 0) (i32.load offset=4 (local.get 1)) (i32.const 2))
    (i32.load (i32.const 2008)) (i32.const 4000)))`,
};

/** @param more replaces the body of `x.run`, a function of ctx, argv and argc */
export function runawayText(more = ''): string {
  const first = RUNAWAY_CALLBACKS.length + 1;
  const tools = Object.entries(TOOLS).map(
    ([name, body]) => `(func $${name}_tool (param i32 i32 i32) (result i32) ${body}
      (drop (call $ReplyWithLongLong (local.get 0) (i64.const 1))) (i32.const 0))`,
  );
  const callbacks = RUNAWAY_CALLBACKS.map((name) => {
    const [params, result] = CALLBACKS[name] as readonly [string, string?];
    const own = name === 'command' && more !== '' ? more : (BODIES[name] ?? '');
    const [, locals = '', rest = own] = /^(\(local [^)]*\))([\s\S]*)$/.exec(own) ?? [];
    return `(func $${name} (param ${params}) ${result ? `(result ${result})` : ''} ${locals}
      (call $spin (i32.const ${numberOf(name)})) ${rest}
      ${result ? `(${result}.const 0)` : ''})`;
  });
  const command = (name: number, fn: number, flags: number, key: number): string =>
    `(drop (call $CreateCommand (local.get $ctx) (i32.const ${name}) (i32.const ${fn})
      (i32.const ${flags}) (i32.const ${key}) (i32.const ${key}) (i32.const ${key})))`;
  const methods = METHODS.map((name) => {
    const field = STRUCTS.RedisModuleTypeMethods.fields.find((one) => one.name === name);
    return `(i32.store (i32.const ${3000 + (field?.at ?? 0)}) (i32.const ${indexOf(name)}))`;
  });
  return guestText({
    name: 'runaway',
    uses: USES,
    strings: NAMES,
    table: `(table $t (export "__indirect_function_table") 40 funcref)
      (elem (i32.const 1) ${RUNAWAY_CALLBACKS.map((name) => `$${name}`).join(' ')}
        ${Object.keys(TOOLS)
          .map((name) => `$${name}_tool`)
          .join(' ')})`,
    more: `(tag $tag) (func $spin (param i32)
        (if (i64.eq (i64.load (i32.const 2000)) (i64.extend_i32_u (local.get 0)))
          (then (loop $l (br $l)))))
      ${callbacks.join('\n')} ${tools.join('\n')}`,
    onLoad: `${command(1100, first, 1220, 0)} ${command(1120, indexOf('command'), 1240, 0)}
      ${command(1140, indexOf('block'), 1220, 0)} ${command(1160, first + 1, 1220, 0)}
      ${command(1180, first + 2, 1240, 1)} ${command(1200, indexOf('keys'), 1260, 1)}
      ${methods.join('\n')} (i64.store (i32.const 3000) (i64.const 1))
      (i32.store (i32.const 2008) (call $CreateDataType (local.get $ctx) (i32.const 1280)
        (i32.const 0) (i32.const 3000)))
      (drop (call $SubscribeToKeyspaceEvents (local.get $ctx) (i32.const 8)
        (i32.const ${indexOf('event')})))
      (drop (call $RegisterInfoFunc (local.get $ctx) (i32.const ${indexOf('info')})))
      (drop (call $RegisterNumericConfig (local.get $ctx) (i32.const 1300) (i64.const 1)
        (i32.const 0) (i64.const 0) (i64.const 100) (i32.const ${indexOf('config_get')})
        (i32.const ${indexOf('config_set')}) (i32.const 0) (i32.const 0)))
      (drop (call $LoadConfigs (local.get $ctx)))`,
  });
}

const USES = [
  'CreateCommand',
  'CreateDataType',
  'StringToLongLong',
  'CreateTimer',
  'SubscribeToKeyspaceEvents',
  'AddPostNotificationJob',
  'BlockClient',
  'UnblockClient',
  'SetDisconnectCallback',
  'RegisterInfoFunc',
  'RegisterNumericConfig',
  'LoadConfigs',
  'ModuleTypeSetValue',
  'OpenKey',
  'ReplyWithLongLong',
  'SaveUnsigned',
  'LoadUnsigned',
  'StringSet',
  'Call',
  'CreateString',
  'FreeString',
];
