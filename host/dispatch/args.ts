// The argument language of command specs: `args: [key(), string('value'), …]`. The tree is what
// COMMAND DOCS prints, and arity and key specs are derived from it (spec.ts, key-specs.ts).

export type ArgType =
  | 'string'
  | 'integer'
  | 'double'
  | 'key'
  | 'pattern'
  | 'unix-time'
  | 'pure-token'
  | 'oneof'
  | 'block';

/** One node of the tree. */
export interface Arg {
  readonly name: string;
  readonly type: ArgType;
  /** The literal word before the value, or the whole argument of a `pure-token`. */
  readonly token?: string;
  readonly summary?: string;
  readonly since?: string;
  readonly deprecatedSince?: string;
  readonly displayText?: string;
  readonly optional: boolean;
  readonly multiple: boolean;
  /** The token is repeated with every value of a `multiple` argument. */
  readonly multipleToken: boolean;
  /** Alternatives of a `oneof`, parts of a `block`, else empty. */
  readonly children: readonly Arg[];
  /**
   * Which key spec the argument belongs to: patterns of keys may say so, keys get the next one
   * from `numberKeys` when they do not.
   */
  readonly keySpec?: number;
  /** For type `key`: how the command uses it; see `KeyOptions`. */
  readonly key: KeyUse | null;
}

/** What a `key` argument says of its key spec. */
export interface KeyUse {
  /** Undefined for the default of the command: `RO access` when it is readonly. */
  readonly access: KeyAccess | undefined;
  readonly notes: string | undefined;
}

type AccessMode = 'RO' | 'RW' | 'OW' | 'RM';
type AccessWord =
  | 'access'
  | 'update'
  | 'insert'
  | 'delete'
  | 'not_key'
  | 'incomplete'
  | 'variable_flags';

/**
 * How a key is used, in the words of COMMAND INFO: the mode (read only, read and write, overwrite,
 * remove) and then what happens to the value. `not_key` alone marks a thing that only routes
 * like a key (shard channels).
 */
export type KeyAccess =
  | AccessMode
  | 'not_key'
  | `${AccessMode} ${AccessWord}`
  | `${AccessMode} ${AccessWord} ${AccessWord}`
  | `${AccessMode} ${AccessWord} ${AccessWord} ${AccessWord}`;

export interface ArgOptions {
  readonly token?: string;
  readonly summary?: string;
  readonly since?: string;
  readonly deprecatedSince?: string;
  readonly displayText?: string;
  readonly optional?: boolean;
  readonly multiple?: boolean;
  readonly multipleToken?: boolean;
  readonly keySpec?: number;
}

export interface KeyOptions extends ArgOptions {
  readonly access?: KeyAccess;
  readonly notes?: string;
}

/** A pure token is named after itself unless it says otherwise. */
export interface TokenOptions extends ArgOptions {
  readonly name?: string;
}

/** A key: `key()`, `key('destination', { access: 'OW update' })`. */
export function key(name = 'key', options: KeyOptions = {}): Arg {
  const { access, notes } = options;
  return { ...node(name, 'key', options, []), key: { access, notes } };
}

export function string(name: string, options: ArgOptions = {}): Arg {
  return node(name, 'string', options, []);
}

export function integer(name: string, options: ArgOptions = {}): Arg {
  return node(name, 'integer', options, []);
}

export function double(name: string, options: ArgOptions = {}): Arg {
  return node(name, 'double', options, []);
}

export function pattern(name: string, options: ArgOptions = {}): Arg {
  return node(name, 'pattern', options, []);
}

export function unixTime(name: string, options: ArgOptions = {}): Arg {
  return node(name, 'unix-time', options, []);
}

/** A word that stands for itself: `token('NX', { optional: true })`. */
export function token(word: string, options: TokenOptions = {}): Arg {
  const name = options.name ?? word.toLowerCase();
  return node(name, 'pure-token', { ...options, token: word }, []);
}

/** Exactly one of `alternatives`. */
export function oneof(name: string, alternatives: readonly Arg[], options: ArgOptions = {}): Arg {
  return node(name, 'oneof', options, alternatives);
}

/** All of `parts`, in order. */
export function block(name: string, parts: readonly Arg[], options: ArgOptions = {}): Arg {
  return node(name, 'block', options, parts);
}

function node(name: string, type: ArgType, options: ArgOptions, children: readonly Arg[]): Arg {
  const { token, summary, since, deprecatedSince, displayText, keySpec } = options;
  return {
    name,
    type,
    ...(token !== undefined && { token }),
    ...(summary !== undefined && { summary }),
    ...(since !== undefined && { since }),
    ...(deprecatedSince !== undefined && { deprecatedSince }),
    ...(displayText !== undefined && { displayText }),
    ...(keySpec !== undefined && { keySpec }),
    optional: options.optional ?? false,
    multiple: options.multiple ?? false,
    multipleToken: options.multipleToken ?? false,
    children,
    key: null,
  };
}

/** What clients show for a value: COMMAND DOCS gives it for all but `oneof` and `block`. */
export function displayTextOf(arg: Arg): string | null {
  if (arg.type === 'oneof' || arg.type === 'block') return null;
  return arg.displayText ?? arg.name;
}

/** The tree with every key's `keySpec` filled in, depth first. */
export function numberKeys(args: readonly Arg[]): readonly Arg[] {
  let next = 0;
  const visit = (arg: Arg): Arg => {
    if (arg.children.length > 0) return { ...arg, children: arg.children.map(visit) };
    if (arg.key === null) return arg;
    const keySpec = arg.keySpec ?? next;
    next = Math.max(next, keySpec + 1);
    return { ...arg, keySpec };
  };
  return args.map(visit);
}

/** How many words an argument can take; `max` is Infinity when it repeats. */
export interface Span {
  readonly min: number;
  readonly max: number;
}

/** The span of one argument. */
export function spanOf(arg: Arg): Span {
  const once = spanOnce(arg);
  return {
    min: arg.optional ? 0 : once.min,
    max: arg.multiple ? Number.POSITIVE_INFINITY : once.max,
  };
}

/** The span of arguments that follow each other. */
export function spanOfAll(args: readonly Arg[]): Span {
  let min = 0;
  let max = 0;
  for (const arg of args) {
    const span = spanOf(arg);
    min += span.min;
    max += span.max;
  }
  return { min, max };
}

/** The span of one occurrence, its token included. */
export function spanOnce(arg: Arg): Span {
  const body = bodySpan(arg);
  const token = arg.token !== undefined && arg.type !== 'pure-token' ? 1 : 0;
  return { min: body.min + token, max: body.max + token };
}

function bodySpan(arg: Arg): Span {
  if (arg.type === 'block') return spanOfAll(arg.children);
  if (arg.type !== 'oneof') return { min: 1, max: 1 };
  let min = Number.POSITIVE_INFINITY;
  let max = 0;
  for (const child of arg.children) {
    const span = spanOf(child);
    min = Math.min(min, span.min);
    max = Math.max(max, span.max);
  }
  return { min, max };
}

/**
 * Arity as Redis counts it: all words with the command's name, negative when that is a minimum.
 *
 * @param nameWords 1, or 2 for a subcommand.
 */
export function deriveArity(args: readonly Arg[], nameWords: number): number {
  const { min, max } = spanOfAll(args);
  return min === max ? nameWords + min : -(nameWords + min);
}
