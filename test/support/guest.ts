// Small modules written as WebAssembly text, for tests of the loader.

import type { ByteString } from '../../host/lib/bytes.ts';
import { FUNCTIONS } from '../../host/module/code.ts';
import { wat } from '../module/wat.ts';
import type { TestInstance } from './instance.ts';

export interface GuestOptions {
  /** What it calls itself; '' leaves out SetModuleAttribs. Default: `guest`. */
  readonly name?: string;
  /** Functions of the ABI it uses besides, called as `$name` without `RedisModule_`. */
  readonly uses?: readonly string[];
  /** C strings, by turns address and text, from 1024 on. */
  readonly strings?: Readonly<Record<number, string>>;
  /** Instructions of OnLoad before it returns `status`; its parameters are $ctx $argv $argc. */
  readonly onLoad?: string;
  readonly status?: number;
  /** Further definitions. */
  readonly more?: string;
  /** Pages the memory has from the start. */
  readonly pages?: number;
  /** Definition of the table in place of an exported one of 8 slots. */
  readonly table?: string;
}

const NAME_ADDRESS = 1000;

/** The text of a module that loads unless told otherwise. */
export function guestText(options: GuestOptions = {}): string {
  const { name = 'guest', uses = [], strings = {}, onLoad = '', status = 0 } = options;
  const used = name === '' ? uses : ['SetModuleAttribs', ...uses];
  const data = Object.entries({ [NAME_ADDRESS]: name, ...strings }).map(
    ([address, text]) => `(data (i32.const ${address}) "${text}\\00")`,
  );
  const attribs = `(call $SetModuleAttribs
    (local.get $ctx) (i32.const ${NAME_ADDRESS}) (i32.const 1) (i32.const 1))`;
  return `(module
    ${used.map(importOf).join('\n')}
    (memory (export "memory") ${options.pages ?? 1})
    ${options.table ?? '(table $t (export "__indirect_function_table") 8 funcref)'}
    ${data.join('\n')}
    ${options.more ?? ''}
    (func (export "RedisModule_OnLoad") (param $ctx i32) (param $argv i32) (param $argc i32)
      (result i32)
      ${name === '' ? '' : attribs}
      ${onLoad}
      (i32.const ${status})))`;
}

export function guest(options: GuestOptions = {}): Buffer {
  return Buffer.from(wat(guestText(options)));
}

function importOf(name: string): string {
  const signature = FUNCTIONS.get(`RedisModule_${name}`)?.signature;
  if (signature === undefined) throw new Error(`no function ${name}`);
  const [params = '', result = ''] = signature.slice(1, -1).split(')->(');
  const types = (keyword: string, list: string): string =>
    list === '' ? '' : ` (${keyword} ${list.replaceAll(',', ' ')})`;
  const type = types('param', params) + types('result', result);
  return `(import "redismodule" "RedisModule_${name}" (func $${name}${type}))`;
}

/** Whatever a module could leave behind in a server. */
export function traces(server: TestInstance): unknown {
  const { modules, dispatcher, config, keyEvents, keyspace, executor } = server.instance;
  return {
    modules: [...modules.modules.keys()],
    types: [...modules.typesByName.keys()],
    commands: dispatcher.table.size,
    options: config.get(['*' as ByteString]).size,
    eventMask: keyspace.eventMask,
    eventFlags: keyEvents.flags,
    announcesLosses: keyspace.announcesLosses,
    timers: server.scheduler.pendingCount,
    blocked: executor.blocking.blockedCount,
    keys: [...keyspace.usedDatabases()].map((db) => db.size).reduce((a, b) => a + b, 0),
    dirty: keyspace.dirty,
    effects: server.effects.length,
    depth: executor.depth,
    isJournalOpen: keyspace.journal.isOpen,
  };
}
