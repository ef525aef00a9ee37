// Keyspace event classes, as notify-keyspace-events and modules name them.
// Bits equal REDISMODULE_NOTIFY_* so that a module's mask can be used as it is.

export const EVENT_KEYSPACE = 1 << 0; // K
export const EVENT_KEYEVENT = 1 << 1; // E
export const EVENT_GENERIC = 1 << 2; // g
export const EVENT_STRING = 1 << 3; // $
export const EVENT_LIST = 1 << 4; // l
export const EVENT_SET = 1 << 5; // s
export const EVENT_HASH = 1 << 6; // h
export const EVENT_ZSET = 1 << 7; // z
export const EVENT_EXPIRED = 1 << 8; // x
export const EVENT_EVICTED = 1 << 9; // e
export const EVENT_STREAM = 1 << 10; // t
export const EVENT_KEY_MISS = 1 << 11; // m
export const EVENT_LOADED = 1 << 12; // modules only
export const EVENT_MODULE = 1 << 13; // d
export const EVENT_NEW = 1 << 14; // n
/** The A flag: all classes but key-miss, loaded and new. */
export const EVENT_ALL =
  EVENT_GENERIC |
  EVENT_STRING |
  EVENT_LIST |
  EVENT_SET |
  EVENT_HASH |
  EVENT_ZSET |
  EVENT_EXPIRED |
  EVENT_EVICTED |
  EVENT_STREAM |
  EVENT_MODULE;

/** What the letters of notify-keyspace-events stand for. */
const BY_LETTER: ReadonlyMap<string, number> = new Map([
  ['A', EVENT_ALL],
  ['g', EVENT_GENERIC],
  ['$', EVENT_STRING],
  ['l', EVENT_LIST],
  ['s', EVENT_SET],
  ['h', EVENT_HASH],
  ['z', EVENT_ZSET],
  ['x', EVENT_EXPIRED],
  ['e', EVENT_EVICTED],
  ['t', EVENT_STREAM],
  ['d', EVENT_MODULE],
  ['n', EVENT_NEW],
  ['K', EVENT_KEYSPACE],
  ['E', EVENT_KEYEVENT],
  ['m', EVENT_KEY_MISS],
]);

/** Parses a notify-keyspace-events value; null when a letter is unknown. */
export function parseEventFlags(text: string): number | null {
  let flags = 0;
  for (const letter of text) {
    const bits = BY_LETTER.get(letter);
    if (bits === undefined) return null;
    flags |= bits;
  }
  return flags;
}
