// RedisModule_SetCommandInfo: documentation, arity and key specs of a module command, read from
// guest memory into the same form that built-in commands have.

import { CONSTANTS } from '../../abi/constants.ts';
import type { ERRNO } from '../../abi/exports.ts';
import { STRUCTS } from '../../abi/structs.ts';
import type { Arg, ArgType } from '../dispatch/args.ts';
import type { BeginSearch, FindKeys, KeySpec } from '../dispatch/key-specs.ts';
import type { CommandSpec } from '../dispatch/spec.ts';
import { textOf } from '../lib/bytes.ts';
import type { ModuleCommand } from './command.ts';
import type { ModuleInstance } from './instance.ts';
import { redefine } from './register-command.ts';
import { offsetsOf } from './structs.ts';
import { ModuleTrap } from './trap.ts';

const INFO = offsetsOf('RedisModuleCommandInfo');
const VERSION = offsetsOf('RedisModuleCommandInfoVersion');
const HISTORY = offsetsOf('RedisModuleCommandHistoryEntry');
const SPEC = offsetsOf('RedisModuleCommandKeySpec');
const ARG = offsetsOf('RedisModuleCommandArg');
/** Members of the unions `bs` and `fk` in RedisModuleCommandKeySpec. */
const BS = { pos: 20, keyword: 20, startFrom: 24 } as const;
const FK = {
  lastKey: 32,
  keyStep: 36,
  limit: 40,
  keyNumIdx: 32,
  firstKey: 36,
  keyNumStep: 40,
} as const;

const ARG_TYPES: readonly ArgType[] = [
  'string',
  'integer',
  'double',
  'key',
  'pattern',
  'unix-time',
  'pure-token',
  'oneof',
  'block',
];
const ITEMS_MAX = 1000;
const DEPTH_MAX = 16;

/** Sizes of the structs as the guest was compiled with them. */
interface Layout {
  readonly history: number;
  readonly keySpec: number;
  readonly arg: number;
}

class InvalidInfo extends Error {}

/**
 * Gives `command` the facts of the RedisModuleCommandInfo at `ptr`. Returns the errno to set when
 * it is refused: EINVAL for contradictions, EEXIST when it was called before.
 */
export function applyCommandInfo(
  m: ModuleInstance,
  command: ModuleCommand,
  ptr: number,
): keyof typeof ERRNO | null {
  if (Object.keys(command.info).length > 0) return 'EEXIST';
  try {
    command.info = new InfoReader(m).read(ptr);
  } catch (error) {
    if (!(error instanceof InvalidInfo)) throw error;
    m.host.logFor(m, 'warning', `invalid command info of '${command.name}': ${error.message}`);
    return 'EINVAL';
  }
  redefine(command);
  return null;
}

class InfoReader {
  readonly #m: ModuleInstance;
  #layout: Layout = { history: 0, keySpec: 0, arg: 0 };

  constructor(m: ModuleInstance) {
    this.#m = m;
  }

  read(ptr: number): Partial<CommandSpec> {
    const { memory } = this.#m;
    this.#layout = this.#readLayout(memory.readU32(ptr + INFO.version, 'info'));
    const arity = memory.readI32(ptr + INFO.arity);
    const keySpecs = this.#keySpecs(memory.readU32(ptr + INFO.key_specs));
    const args = this.#args(memory.readU32(ptr + INFO.args), 0);
    const tips = this.#text(ptr + INFO.tips);
    const complexity = this.#text(ptr + INFO.complexity);
    return {
      summary: this.#text(ptr + INFO.summary) ?? '',
      ...(complexity === null ? {} : { complexity }),
      since: this.#text(ptr + INFO.since) ?? '',
      history: this.#history(memory.readU32(ptr + INFO.history)),
      tips: tips === null ? [] : tips.split(' ').filter((tip) => tip !== ''),
      ...(arity === 0 ? {} : { arity }),
      ...(keySpecs.length === 0 ? {} : { keySpecs }),
      ...(args.length === 0 ? {} : { args }),
    };
  }

  #readLayout(version: number): Layout {
    const { memory } = this.#m;
    if (version === 0) throw new InvalidInfo('no version');
    const layout = {
      history: memory.readU32(version + VERSION.sizeof_historyentry),
      keySpec: memory.readU32(version + VERSION.sizeof_keyspec),
      arg: memory.readU32(version + VERSION.sizeof_arg),
    };
    const isKnown =
      layout.history >= STRUCTS.RedisModuleCommandHistoryEntry.size &&
      layout.keySpec >= STRUCTS.RedisModuleCommandKeySpec.size &&
      layout.arg >= STRUCTS.RedisModuleCommandArg.size;
    if (!isKnown) throw new InvalidInfo('struct sizes of an unknown version');
    return layout;
  }

  /** The C string a pointer field points to, or null for NULL. */
  #text(field: number): string | null {
    const ptr = this.#m.memory.readU32(field);
    return ptr === 0 ? null : textOf(this.#m.memory.cstring(ptr));
  }

  /** Visits the elements of an array that ends with one for which `isEnd` holds. */
  #each(array: number, size: number, isEnd: (at: number) => boolean, visit: (at: number) => void) {
    if (array === 0) return;
    for (let i = 0; ; i++) {
      const at = array + i * size;
      if (isEnd(at)) return;
      if (i >= ITEMS_MAX) throw new ModuleTrap(`array of more than ${ITEMS_MAX} elements`, 'info');
      visit(at);
    }
  }

  #history(array: number): (readonly [string, string])[] {
    const entries: (readonly [string, string])[] = [];
    const { memory } = this.#m;
    const isEnd = (at: number): boolean => memory.readU32(at + HISTORY.since) === 0;
    this.#each(array, this.#layout.history, isEnd, (at) => {
      const changes = this.#text(at + HISTORY.changes);
      if (changes === null) throw new InvalidInfo('a history entry without changes');
      entries.push([this.#text(at + HISTORY.since) ?? '', changes]);
    });
    return entries;
  }

  #keySpecs(array: number): KeySpec[] {
    const specs: KeySpec[] = [];
    const { memory } = this.#m;
    const isEnd = (at: number): boolean =>
      memory.readU32(at + SPEC.begin_search_type) === CONSTANTS.REDISMODULE_KSPEC_BS_INVALID;
    this.#each(array, this.#layout.keySpec, isEnd, (at) => {
      const notes = this.#text(at + SPEC.notes);
      specs.push({
        access: Number(memory.readU64(at + SPEC.flags)), // the bits of KEY_ACCESS
        ...(notes === null ? {} : { notes }),
        beginSearch: this.#beginSearch(at),
        findKeys: this.#findKeys(at),
      });
    });
    return specs;
  }

  #beginSearch(at: number): BeginSearch {
    const { memory } = this.#m;
    switch (memory.readU32(at + SPEC.begin_search_type)) {
      case CONSTANTS.REDISMODULE_KSPEC_BS_UNKNOWN:
        return { type: 'unknown' };
      case CONSTANTS.REDISMODULE_KSPEC_BS_INDEX:
        return { type: 'index', index: memory.readI32(at + BS.pos) };
      case CONSTANTS.REDISMODULE_KSPEC_BS_KEYWORD: {
        const keyword = this.#text(at + BS.keyword);
        if (keyword === null) throw new InvalidInfo('a key spec without its keyword');
        return { type: 'keyword', keyword, startFrom: memory.readI32(at + BS.startFrom) };
      }
      default:
        throw new InvalidInfo('an unknown begin_search_type');
    }
  }

  #findKeys(at: number): FindKeys {
    const { memory } = this.#m;
    const i32 = (offset: number): number => memory.readI32(at + offset);
    switch (memory.readU32(at + SPEC.find_keys_type)) {
      case CONSTANTS.REDISMODULE_KSPEC_FK_OMITTED:
        return { type: 'range', lastKey: 0, keyStep: 1, limit: 0 };
      case CONSTANTS.REDISMODULE_KSPEC_FK_UNKNOWN:
        return { type: 'unknown' };
      case CONSTANTS.REDISMODULE_KSPEC_FK_RANGE:
        return {
          type: 'range',
          lastKey: i32(FK.lastKey),
          keyStep: Math.max(1, i32(FK.keyStep)),
          limit: i32(FK.limit),
        };
      case CONSTANTS.REDISMODULE_KSPEC_FK_KEYNUM:
        return {
          type: 'keynum',
          keyNumIndex: i32(FK.keyNumIdx),
          firstKey: i32(FK.firstKey),
          keyStep: Math.max(1, i32(FK.keyNumStep)),
        };
      default:
        throw new InvalidInfo('an unknown find_keys_type');
    }
  }

  #args(array: number, depth: number): Arg[] {
    if (depth > DEPTH_MAX) throw new InvalidInfo('arguments nest too deep');
    const args: Arg[] = [];
    const isEnd = (at: number): boolean => this.#m.memory.readU32(at + ARG.name) === 0;
    this.#each(array, this.#layout.arg, isEnd, (at) => args.push(this.#arg(at, depth)));
    return args;
  }

  #arg(at: number, depth: number): Arg {
    const { memory } = this.#m;
    const name = this.#text(at + ARG.name) ?? '';
    const type = ARG_TYPES[memory.readU32(at + ARG.type)];
    if (type === undefined) throw new InvalidInfo(`argument '${name}' has an unknown type`);
    const children = this.#args(memory.readU32(at + ARG.subargs), depth + 1);
    const isGroup = type === 'oneof' || type === 'block';
    if (isGroup !== children.length > 0) {
      throw new InvalidInfo(`argument '${name}': sub-arguments belong to oneof and block only`);
    }
    const keySpec = memory.readI32(at + ARG.key_spec_index);
    if (type === 'key' ? keySpec < 0 : keySpec > 0) {
      throw new InvalidInfo(`argument '${name}': its key_spec_index does not go with its type`);
    }
    const flags = memory.readU32(at + ARG.flags);
    const texts = {
      token: this.#text(at + ARG.token),
      summary: this.#text(at + ARG.summary),
      since: this.#text(at + ARG.since),
      deprecatedSince: this.#text(at + ARG.deprecated_since),
      displayText: this.#text(at + ARG.display_text),
    };
    if (type === 'pure-token' && texts.token === null) {
      throw new InvalidInfo(`argument '${name}' is a token without its word`);
    }
    return {
      ...withoutNulls(texts),
      name,
      type,
      optional: (flags & CONSTANTS.REDISMODULE_CMD_ARG_OPTIONAL) !== 0,
      multiple: (flags & CONSTANTS.REDISMODULE_CMD_ARG_MULTIPLE) !== 0,
      multipleToken: (flags & CONSTANTS.REDISMODULE_CMD_ARG_MULTIPLE_TOKEN) !== 0,
      children,
      ...(type === 'key' ? { keySpec } : {}),
      key: null,
    };
  }
}

function withoutNulls<K extends string>(
  texts: Record<K, string | null>,
): Partial<Record<K, string>> {
  const kept: Partial<Record<K, string>> = {};
  for (const [name, text] of Object.entries(texts) as [K, string | null][]) {
    if (text !== null) kept[name] = text;
  }
  return kept;
}
