// The options whose values have a grammar of their own: save points, output buffer limits,
// addresses, percentiles, event letters, file names.

import { statSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import { asciiLower, bytesOf } from '../lib/bytes.ts';
import { decode, formatMemory, type Parse, parseMemory, type Setting } from './option.ts';

type ListParse = Parse<readonly string[]>;
type ListSetting = Setting<readonly string[]>;

function listSetting(value: readonly string[]): ListSetting {
  return { value, text: value.join(' ') };
}

/** The one empty word that stands for no words at all: `save ""`. */
function withoutEmpty(words: readonly string[]): readonly string[] {
  return words.length === 1 && words[0] === '' ? [] : words;
}

/** C's strtoll over a whole word; null on leftovers. An empty word is 0, as in Redis. */
function looseInteger(word: string): bigint | null {
  const match = /^[ \t\n\v\f\r]*([+-]?)(\d+)$/.exec(word);
  if (match === null) return word === '' ? 0n : null;
  const digits = BigInt(match[2] as string); // group 2 takes part
  const max = 2n ** 63n - 1n;
  if (match[1] === '-') return digits > max + 1n ? -max - 1n : -digits;
  return digits > max ? max : digits;
}

const BAD_SAVE = 'Invalid save parameters';

/** Pairs of seconds and changes. Lines of a file add up; the empty word forgets them. */
export const parseSave: ListParse = (given, context) => {
  const words = withoutEmpty(given);
  if (words.length % 2 !== 0) return BAD_SAVE;
  const points: string[] = [];
  for (const [i, word] of words.entries()) {
    const count = looseInteger(word);
    if (count === null || count < (i % 2 === 0 ? 1n : 0n)) return BAD_SAVE;
    points.push(String(i % 2 === 0 ? count : BigInt.asIntN(32, count)));
  }
  if (!context.isAppending || words.length === 0) return listSetting(points);
  return listSetting([...(context.previous.value as readonly string[]), ...points]); // own kind
};

/** One line a save point. */
export function saveLines({ value }: ListSetting): readonly string[] {
  if (value.length === 0) return ['""'];
  const lines: string[] = [];
  for (let i = 0; i < value.length; i += 2) lines.push(`${value[i]} ${value[i + 1]}`);
  return lines;
}

const CLIENT_CLASSES = ['normal', 'slave', 'pubsub'];

/** Groups of class, hard limit, soft limit, seconds; classes not named keep theirs. */
export const parseBufferLimits: ListParse = (words, context) => {
  if (words.length % 4 !== 0) {
    return 'Wrong number of arguments in buffer limit configuration.';
  }
  const before = context.previous.value as readonly string[] | null; // own kind; null: no default
  const limits = [...(before ?? CLIENT_CLASSES.flatMap((name) => [name, '0', '0', '0']))];
  for (let i = 0; i < words.length; i += 4) {
    const word = asciiLower(words[i] as string); // i is below length, which 4 divides
    const at = CLIENT_CLASSES.indexOf(word === 'replica' ? 'slave' : word) * 4;
    if (at < 0) return 'Invalid client class specified in buffer limit configuration.';
    const hard = parseMemory(words[i + 1] as string);
    const soft = parseMemory(words[i + 2] as string);
    const seconds = looseInteger(words[i + 3] as string);
    if (hard === null || soft === null || seconds === null || seconds < 0n) {
      return 'Error in hard, soft or soft_seconds setting in buffer limit configuration.';
    }
    limits.splice(at + 1, 3, String(hard), String(soft), String(seconds));
  }
  return listSetting(limits);
};

/** One line a class, in the words of redis.conf. */
export function bufferLimitLines({ value }: ListSetting): readonly string[] {
  const lines: string[] = [];
  for (let i = 0; i < value.length; i += 4) {
    const name = value[i] === 'slave' ? 'replica' : value[i];
    const [hard, soft] = [value[i + 1] as string, value[i + 2] as string]; // groups of four
    const sizes = `${formatMemory(BigInt(hard))} ${formatMemory(BigInt(soft))}`;
    lines.push(`${name} ${sizes} ${value[i + 3]}`);
  }
  return lines;
}

const BIND_MAX_COUNT = 16;

export const parseBind: ListParse = (given) => {
  if (given.length > BIND_MAX_COUNT) return 'Too many bind addresses specified.';
  const words = withoutEmpty(given);
  return { value: words.map(decode), text: words.join(' ') };
};

export function bindLines({ text }: ListSetting): readonly string[] {
  return [text === '' ? '""' : text];
}

/** Three numbers: for the primary, a replica, a child. */
export const parseOomScores: ListParse = (words) => {
  if (words.length !== 3) return 'wrong number of arguments';
  const scores: string[] = [];
  for (const word of words) {
    const score = looseInteger(word);
    if (score === null || score < -2000n || score > 2000n) {
      return 'Invalid oom-score-adj-values, elements must be between -2000 and 2000.';
    }
    scores.push(String(score));
  }
  return listSetting(scores);
};

export const parsePercentiles: ListParse = (given) => {
  const percentiles: string[] = [];
  for (const word of withoutEmpty(given)) {
    const isInfinite = /^[+-]?inf(inity)?$/i.test(word);
    if (!isInfinite && !/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(word)) {
      return 'Invalid latency-tracking-info-percentiles parameters';
    }
    const value = isInfinite ? Number.POSITIVE_INFINITY : Number(word);
    if (value < 0 || value > 100) {
      return 'latency-tracking-info-percentiles parameters should sit between [0.0,100.0]';
    }
    percentiles.push(String(Number(value.toFixed(6)))); // as printf's %f without its zeros
  }
  return listSetting(percentiles);
};

export function percentileLines({ text }: ListSetting): readonly string[] {
  return [text === '' ? '""' : text];
}

/** `host port`, or `no one`. */
export const parseReplicaOf: ListParse = (words) => {
  const [host, port] = words;
  if (words.length !== 2 || host === undefined || port === undefined) {
    return 'wrong number of arguments';
  }
  if (asciiLower(host) === 'no' && asciiLower(port) === 'one') return listSetting([]);
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65535) return 'Invalid master port';
  return listSetting([decode(host), String(Number(port))]);
};

/** Nothing to write for a primary. */
export function replicaOfLines({ text }: ListSetting): readonly string[] {
  return text === '' ? [] : [text];
}

const CLASS_LETTERS = 'g$lshzxetd';
const EVENT_LETTERS = `${CLASS_LETTERS}nKEm`;

/**
 * Puts event letters in Redis's order: classes (or A for all of them), n, K, E, m. The keyspace
 * above turns letters into bits; here they are only spelled. As in Redis, n beside A is in force
 * but not shown.
 */
export const parseEventLetters: Parse<string> = (words) => {
  if (words.length !== 1) return 'wrong number of arguments';
  const chosen = new Set((words[0] as string).replaceAll('A', CLASS_LETTERS)); // length is 1
  for (const letter of chosen) {
    if (!EVENT_LETTERS.includes(letter)) {
      return "Invalid event class character. Use 'Ag$lshzxeKEtmdn'.";
    }
  }
  const pick = (letters: string): string => [...letters].filter((c) => chosen.has(c)).join('');
  const hasAll = [...CLASS_LETTERS].every((letter) => chosen.has(letter));
  const text = `${hasAll ? 'A' : pick(`${CLASS_LETTERS}n`)}${pick('KEm')}`;
  return { value: pick(EVENT_LETTERS), text };
};

/** A directory, kept as an absolute path. */
export const parseDirectory: Parse<string> = (words, context) => {
  if (words.length !== 1) return 'wrong number of arguments';
  const path = resolve(context.directory, decode(words[0] as string)); // length is 1
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return 'No such file or directory';
  if (!stat.isDirectory()) return 'Not a directory';
  return { value: path, text: bytesOf(path) };
};

export function checkFileName(option: string, noun: string, mayBeEmpty: boolean) {
  return (text: string): string | null => {
    if (text === '' && !mayBeEmpty) return `${option} can't be empty`;
    return text.includes('/') ? `${option} can't be a path, just a ${noun}` : null;
  };
}

const TITLE_VARIABLES = new Set(
  'title listen-addr server-mode port tls-port config-file unixsocket'.split(' '),
);
/** These are empty when Redis tries a template, and one that yields nothing is refused. */
const EMPTY_VARIABLES = /^(\s|\{(title|server-mode|config-file|unixsocket)\})*$/;

/** A path that must not depend on anything else; '' is none. */
export function checkDirectory(path: string): string | null {
  return path === '' || isAbsolute(path) ? null : 'must be an absolute path';
}

export function checkTitleTemplate(text: string): string | null {
  const rest = text
    .replaceAll('{{', '')
    .replace(/\{([^{}]*)\}/g, (whole, name: string) => (TITLE_VARIABLES.has(name) ? '' : whole));
  if (!rest.includes('{') && !EMPTY_VARIABLES.test(text)) return null;
  return 'template format is invalid or contains unknown variables';
}

const HOSTNAME_MAX_BYTES = 256;

export function checkHostname(text: string): string | null {
  if (text.length >= HOSTNAME_MAX_BYTES) {
    return `Hostnames must be less than ${HOSTNAME_MAX_BYTES} characters`;
  }
  if (/^[A-Za-z0-9.-]*$/.test(text)) return null;
  return 'Hostnames may only contain alphanumeric characters, hyphens or dots';
}

export function checkNodeName(text: string): string | null {
  if (!/[!#$%&()*+:;<>?@[\]^{|}~]/.test(text)) return null;
  return 'Announced human node name contained invalid character';
}

export function checkShutdown(chosen: readonly string[]): string | null {
  if (!chosen.includes('save') || !chosen.includes('nosave')) return null;
  return "shutdown options SAVE and NOSAVE can't be used simultaneously";
}
