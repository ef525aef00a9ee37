// ABI area "config": options of the module in CONFIG and in the configuration file.

import type { CallbackName } from '../../../abi/callbacks.ts';
import type { AreaImports } from '../../../abi/index.ts';
import { ERR, OK, type Status } from '../../../abi/kinds.ts';
import type { ErrnoName } from '../../../abi/table.ts';
import type { LiveOption } from '../../config/config.ts';
import type { Setting } from '../../config/option.ts';
import type { ByteString } from '../../lib/bytes.ts';
import { type Callback, callbackOf, callbackOrNull } from '../callbacks.ts';
import {
  boolKind,
  type ConfigType,
  type EnumValues,
  enumKind,
  flagsFit,
  numericKind,
  optionOf,
  stringKind,
  type ValueKind,
} from '../config-options.ts';
import type { ModuleContext } from '../context.ts';
import type { ModuleInstance } from '../instance.ts';
import { ModuleString } from '../string.ts';

const NAME = /^[A-Za-z0-9_-]+$/;
const ENUM_MAX_VALUES = 1024;

/** What the four registering functions have in common. */
interface Registration<V> {
  readonly type: ConfigType;
  readonly name: number;
  readonly flags: number;
  readonly kind: ValueKind<V>;
  readonly initial: V;
  readonly get: Callback;
  readonly set: Callback;
  readonly apply: number;
  readonly privateData: number;
  /** The value that the getter's result stands for. */
  fromGuest(result: number | bigint | undefined): V;
  /** The setter's argument for a value; a string lives until the context's call ends. */
  toGuest(value: V, context: ModuleContext): number | bigint;
}

export function config(m: ModuleInstance): AreaImports<'config'> {
  const { config: options } = m.host;
  const appliers = new Map<string, () => string | undefined>();
  const callbacks = (type: 'String' | 'Bool' | 'Enum' | 'Numeric', get: number, set: number) => ({
    get: callbackOf(m, `RedisModuleConfigGet${type}Func` satisfies CallbackName, get, 'getfn'),
    set: callbackOf(m, `RedisModuleConfigSet${type}Func` satisfies CallbackName, set, 'setfn'),
  });
  /** One function for each pair of C function and data: it runs once for a group of options. */
  const applierOf = (index: number, privateData: number): (() => string | undefined) | null => {
    const fn = callbackOrNull(m, 'RedisModuleConfigApplyFunc', index, 'applyfn');
    if (fn === null) return null;
    const key = `${index} ${privateData}`;
    const known = appliers.get(key);
    if (known !== undefined) return known;
    const made = (): string | undefined =>
      ask(m, 'an apply callback', (context, error) => fn(context.ptr, privateData, error));
    appliers.set(key, made);
    return made;
  };
  const register = <V>(registration: Registration<V>): Status => {
    const refusal = registerOption(m, registration, applierOf);
    if (refusal === null) return OK;
    m.setErrno(refusal);
    return ERR;
  };
  return {
    RedisModule_RegisterStringConfig: (_ctx, name, initial, flags, get, set, apply, data) =>
      register<ByteString>({
        ...{ type: 'string', name, flags, apply, privateData: data, kind: stringKind },
        ...callbacks('String', get, set),
        initial: initial === 0 ? ('' as ByteString) : m.memory.cstring(initial, 'default_val'),
        fromGuest: (handle) => m.string(Number(handle)).slice.toByteString(),
        toGuest: (value, context) => m.newCallString(ModuleString.of(value), context),
      }),
    RedisModule_RegisterBoolConfig: (_ctx, name, initial, flags, get, set, apply, data) =>
      register<boolean>({
        ...{ type: 'bool', name, flags, apply, privateData: data, kind: boolKind },
        ...callbacks('Bool', get, set),
        initial: initial !== 0,
        fromGuest: (value) => value !== 0,
        toGuest: (value) => (value ? 1 : 0),
      }),
    RedisModule_RegisterEnumConfig: (
      ...[_ctx, name, initial, flags, words, numbers, count, get, set, apply, data]
    ) =>
      register<number>({
        ...{ type: 'enum', name, flags, apply, privateData: data, initial },
        kind: enumKind(enumValues(m, words, numbers, count), flags),
        ...callbacks('Enum', get, set),
        fromGuest: Number,
        toGuest: (value) => value,
      }),
    RedisModule_RegisterNumericConfig: (
      ...[_ctx, name, initial, flags, min, max, get, set, apply, data]
    ) =>
      register<bigint>({
        ...{ type: 'numeric', name, flags, apply, privateData: data, initial },
        kind: numericKind(min, max, flags),
        ...callbacks('Numeric', get, set),
        fromGuest: (value) => BigInt(value ?? 0),
        toGuest: (value) => value,
      }),
    RedisModule_LoadConfigs: () => {
      if (!m.isLoading) return ERR;
      for (const name of m.registry.configs) {
        const word = takePending(m, name);
        const reason = options.setRegistered(name, word);
        if (reason === null) continue;
        const doing = word === null ? 'attempting to set default value' : 'loading';
        m.log.warning(`Issue during ${doing} of configuration ${name} : ${reason}`);
        return ERR;
      }
      m.registry.hasLoadedConfigs = true;
      return OK;
    },
  };
}

/** Returns the errno of a refusal, or null. */
function registerOption<V>(
  m: ModuleInstance,
  registration: Registration<V>,
  applierOf: (index: number, privateData: number) => LiveOption['apply'],
): ErrnoName | null {
  if (!m.isLoading) return 'EBUSY';
  const { type, flags, kind, initial } = registration;
  const name = m.memory.cstring(registration.name, 'name');
  const option = optionOf(kind, initial, flags);
  if (!flagsFit(type, flags) || !NAME.test(name) || option === null) return 'EINVAL';
  const { config } = m.host;
  const fullName = `${m.name}.${name}`.toLowerCase();
  const apply = applierOf(registration.apply, registration.privateData);
  const guestName = ModuleString.of(name);
  const live: LiveOption<V> = {
    changed: (value) => write(m, registration, guestName, value),
    read: () => read(m, registration, guestName),
    apply,
  };
  // The configuration hands an option only values that its own parser made.
  if (!config.register(fullName, option, live as LiveOption)) return 'EALREADY';
  m.registry.configs.push(fullName);
  m.registry.undo.push(() => {
    config.unregister(fullName);
    m.dropGuestCopy(guestName);
  });
  return null;
}

/** Asks the setter; its refusal, or undefined. */
function write<V>(
  m: ModuleInstance,
  { set, toGuest, privateData }: Registration<V>,
  name: ModuleString,
  value: V,
): string | undefined {
  return ask(m, `the setter of option '${name.slice.toText()}'`, (context, error) =>
    set(m.guestCopy(name), toGuest(value, context), privateData, error),
  );
}

/** Asks the getter; null where it traps, which is logged. */
function read<V>(
  m: ModuleInstance,
  { get, fromGuest, privateData, kind }: Registration<V>,
  name: ModuleString,
): Setting<V> | null {
  return m.enter(
    { purpose: 'config', client: m.host.client, db: m.host.client.db },
    null,
    () => {
      const value = fromGuest(get(m.guestCopy(name), privateData));
      return { value, text: kind.textOf(value) };
    },
    (trap) => m.host.noteTrap(m, `the getter of option '${name.slice.toText()}'`, trap),
  );
}

/** Makes a call that returns a status and may store an error text; the text, or undefined. */
function ask(
  m: ModuleInstance,
  where: string,
  call: (context: ModuleContext, error: number) => number | bigint | undefined,
): string | undefined {
  let refusal: string | undefined;
  m.enter(
    { purpose: 'config', client: m.host.client, db: m.host.client.db },
    null,
    (context) => {
      const error = m.alloc(4);
      context.poolBlocks.push(error);
      m.memory.writeU32(error, 0);
      const status = Number(call(context, error));
      const text = m.memory.readU32(error);
      if (status !== OK) refusal = text === 0 ? '' : m.string(text, 'err').slice.toText();
      if (text !== 0) m.freeString(text);
    },
    (trap) => {
      refusal = m.host.describeTrap(m, where, trap).replace(/^ERR /, '');
    },
  );
  return refusal;
}

/** The value that MODULE LOADEX or the file gives, which is used up by that; or null. */
function takePending(m: ModuleInstance, name: string): ByteString | null {
  for (const pending of [m.pendingConfigs, m.host.fileConfigs]) {
    const word = pending.get(name);
    if (word !== undefined) {
      pending.delete(name);
      return word;
    }
  }
  return null;
}

function enumValues(m: ModuleInstance, words: number, numbers: number, count: number): EnumValues {
  return Array.from({ length: Math.min(Math.max(0, count), ENUM_MAX_VALUES) }, (_, i) => [
    m.memory.cstring(m.memory.readU32(words + 4 * i, 'enum_values'), 'enum_values'),
    m.memory.readI32(numbers + 4 * i, 'int_values'),
  ]);
}
