// Compares command entries with what a real redis-server 7.0.15 says in COMMAND INFO and COMMAND
// DOCS. What Redis 7.2 changed since is listed here and nowhere else; a listed difference that
// does not exist is reported too.

import type { Arg } from '../../host/dispatch/args.ts';
import { categoryNames } from '../../host/dispatch/categories.ts';
import { commandFlagNames } from '../../host/dispatch/command-flags.ts';
import { type KeySpec, keyAccessNames } from '../../host/dispatch/key-specs.ts';
import type { CommandEntry } from '../../host/dispatch/spec.ts';
import type { Oracle } from '../lib/redis-oracle.ts';

/** The facts of one command in a form that can be compared with `===` field by field. */
export interface CommandFacts {
  readonly name: string;
  readonly fields: Readonly<Record<Field, string>>;
}

const FIELDS = [
  'arity',
  'flags',
  'legacyRange',
  'categories',
  'tips',
  'keySpecs',
  'subcommands',
  'since',
  'group',
  'arguments',
  'docFlags',
  'deprecated',
  'historyVersions',
] as const;

export type Field = (typeof FIELDS)[number];

/** Commands and subcommands that 7.0.15 does not have. */
export const NEW_IN_72: ReadonlySet<string> = new Set([
  'client|no-touch',
  'client|setinfo',
  'cluster|myshardid',
  'waitaof',
]);

/** Facts in which 7.2 differs from 7.0.15. */
export const CHANGED_IN_72: Readonly<Record<string, readonly Field[]>> = {
  'acl|cat': ['arguments'],
  'acl|deluser': ['tips'],
  'acl|log': ['historyVersions'],
  'acl|save': ['tips'],
  'acl|setuser': ['tips'],
  bitcount: ['arguments'],
  bitfield: ['arguments'],
  bitfield_ro: ['arguments'],
  bitop: ['arguments'],
  bitpos: ['arguments'],
  blmove: ['flags'],
  blpop: ['flags'],
  brpop: ['flags'],
  brpoplpush: ['flags'],
  bzpopmax: ['flags'],
  bzpopmin: ['flags'],
  client: ['subcommands'],
  'client|kill': ['arguments'],
  'client|list': ['arguments'],
  'client|pause': ['since'],
  'client|reply': ['arguments'],
  'client|setname': ['tips'],
  'client|unblock': ['arguments'],
  cluster: ['subcommands'],
  'cluster|addslotsrange': ['arguments'],
  'cluster|delslotsrange': ['arguments'],
  'cluster|meet': ['arguments'],
  'cluster|reset': ['arguments'],
  'cluster|setslot': ['arguments'],
  'command|getkeys': ['arity', 'arguments'],
  'command|getkeysandflags': ['arity', 'arguments'],
  'config|get': ['arguments'],
  'config|resetstat': ['tips'],
  'config|rewrite': ['tips'],
  'config|set': ['arguments'],
  flushall: ['arguments'],
  flushdb: ['arguments'],
  'function|flush': ['arguments'],
  geoadd: ['arguments'],
  geohash: ['arguments'],
  geopos: ['arguments'],
  georadius: ['arguments'],
  georadius_ro: ['arguments'],
  georadiusbymember: ['arguments'],
  georadiusbymember_ro: ['arguments'],
  geosearch: ['arguments'],
  geosearchstore: ['arguments'],
  hello: ['arguments'],
  hmset: ['arguments'],
  hset: ['arguments'],
  'latency|reset': ['tips'],
  lcs: ['arguments'],
  migrate: ['arguments'],
  'module|loadex': ['arguments'],
  mset: ['arguments'],
  msetnx: ['arguments', 'tips'],
  pfmerge: ['arguments'],
  psetex: ['docFlags', 'deprecated'],
  psubscribe: ['arguments'],
  quit: ['docFlags', 'deprecated'],
  randomkey: ['tips'],
  replicaof: ['arguments'],
  scan: ['tips'],
  'script|flush': ['arguments'],
  setex: ['docFlags', 'deprecated'],
  setnx: ['docFlags', 'deprecated'],
  shutdown: ['arguments'],
  slaveof: ['arguments'],
  sort: ['arguments'],
  sort_ro: ['arguments'],
  wait: ['flags'],
  xadd: ['arguments'],
  xclaim: ['arguments'],
  'xgroup|create': ['arguments'],
  'xgroup|createconsumer': ['arguments'],
  'xgroup|delconsumer': ['arguments'],
  'xgroup|destroy': ['arguments'],
  'xgroup|setid': ['arguments'],
  'xinfo|consumers': ['arguments', 'historyVersions'],
  'xinfo|stream': ['arguments', 'historyVersions'],
  xreadgroup: ['arguments'],
  xsetid: ['arguments'],
  zadd: ['arguments'],
  zrange: ['arguments'],
  zrangebylex: ['arguments'],
  zrangebyscore: ['arguments'],
  zrangestore: ['arguments'],
  zrank: ['arity', 'arguments', 'historyVersions'],
  zrevrangebylex: ['arguments'],
  zrevrangebyscore: ['arguments'],
  zrevrank: ['arity', 'arguments', 'historyVersions'],
};

export interface CompareOptions {
  /** The entries are the whole table: report the oracle's commands that are missing. */
  readonly isComplete: boolean;
  /** Names that the server under test adds on purpose. */
  readonly extra?: ReadonlySet<string>;
}

/** One line for each fact that differs unexpectedly; empty when all is well. */
export function compareWithOracle(
  entries: Iterable<CommandEntry>,
  oracle: ReadonlyMap<string, CommandFacts>,
  options: CompareOptions,
): string[] {
  const problems: string[] = [];
  const seen = new Set<string>();
  for (const facts of allFacts(entries)) {
    seen.add(facts.name);
    if (NEW_IN_72.has(facts.name) || options.extra?.has(facts.name)) continue;
    const expected = oracle.get(facts.name);
    if (expected === undefined) problems.push(`${facts.name}: the oracle does not know it`);
    else problems.push(...compareFields(facts, expected));
  }
  if (!options.isComplete) return problems;
  for (const name of [...oracle.keys(), ...NEW_IN_72]) {
    if (!seen.has(name)) problems.push(`${name}: missing`);
  }
  return problems;
}

function compareFields(facts: CommandFacts, expected: CommandFacts): string[] {
  const changed = new Set<Field>(CHANGED_IN_72[facts.name] ?? []);
  const problems: string[] = [];
  for (const field of FIELDS) {
    const isEqual = facts.fields[field] === expected.fields[field];
    if (isEqual === changed.has(field)) {
      const note = isEqual ? ' (listed as changed in 7.2)' : '';
      problems.push(
        `${facts.name}: ${field} is ${facts.fields[field]}, oracle ${expected.fields[field]}${note}`,
      );
    }
  }
  return problems;
}

/** The facts of entries and their subcommands. */
export function* allFacts(entries: Iterable<CommandEntry>): IterableIterator<CommandFacts> {
  for (const entry of entries) {
    yield factsOf(entry);
    yield* allFacts(entry.subcommands.values());
  }
}

export function factsOf(entry: CommandEntry): CommandFacts {
  const { docs } = entry;
  return {
    name: entry.fullName,
    fields: {
      arity: String(entry.arity),
      flags: commandFlagNames(entry.flags).join(' '),
      legacyRange: `${entry.firstKey} ${entry.lastKey} ${entry.step}`,
      categories: categoryNames(entry.categories).join(' '),
      tips: entry.tips.join(' '),
      keySpecs: entry.keySpecs.map(keySpecText).join(' | '),
      subcommands: [...entry.subcommands.values()]
        .map((sub) => sub.fullName)
        .sort()
        .join(' '),
      since: docs.since,
      group: docs.group,
      arguments: entry.args.map(argText).join(' '),
      docFlags: docs.docFlags.join(' '),
      deprecated: `${docs.deprecatedSince ?? '-'} ${docs.replacedBy ?? '-'}`,
      historyVersions: docs.history.map(([version]) => version).join(' '),
    },
  };
}

function keySpecText(spec: KeySpec): string {
  const { beginSearch: begin, findKeys: find } = spec;
  const at =
    begin.type === 'index'
      ? `index ${begin.index}`
      : begin.type === 'keyword'
        ? `keyword ${begin.keyword} ${begin.startFrom}`
        : begin.type;
  const keys =
    find.type === 'range'
      ? `range ${find.lastKey} ${find.keyStep} ${find.limit}`
      : find.type === 'keynum'
        ? `keynum ${find.keyNumIndex} ${find.firstKey} ${find.keyStep}`
        : find.type;
  const notes = spec.notes === undefined ? '' : ' noted';
  return `${keyAccessNames(spec.access).join(' ')}: ${at}, ${keys}${notes}`;
}

function argText(arg: Arg): string {
  const flags = [
    arg.optional && 'optional',
    arg.multiple && 'multiple',
    arg.multipleToken && 'multiple_token',
  ];
  return argWords({
    name: arg.name,
    type: arg.type,
    keySpec: arg.keySpec,
    token: arg.token,
    since: arg.since,
    deprecatedSince: arg.deprecatedSince,
    flags: flags.filter((flag) => flag !== false),
    children: arg.children.map(argText),
  });
}

interface ArgWords {
  readonly name: string;
  readonly type: string;
  readonly keySpec: number | undefined;
  readonly token: string | undefined;
  readonly since: string | undefined;
  readonly deprecatedSince: string | undefined;
  readonly flags: readonly string[];
  readonly children: readonly string[];
}

function argWords(arg: ArgWords): string {
  const words = [arg.name, arg.type];
  if (arg.keySpec !== undefined) words.push(`spec=${arg.keySpec}`);
  if (arg.token !== undefined) words.push(`token=${JSON.stringify(arg.token)}`);
  if (arg.since !== undefined) words.push(`since=${arg.since}`);
  if (arg.deprecatedSince !== undefined) words.push(`deprecated=${arg.deprecatedSince}`);
  words.push(...arg.flags);
  const children = arg.children.length > 0 ? `(${arg.children.join(' ')})` : '';
  return `<${words.join(' ')}${children}>`;
}

/**
 * What a redis-server 7.0 says of every command and subcommand. The lists above hold for 7.0 only:
 * throws Error for another version.
 */
export async function oracleCommandFacts(oracle: Oracle): Promise<Map<string, CommandFacts>> {
  const server = String(await oracle.call('INFO', 'server'));
  if (!server.includes('redis_version:7.0.')) throw new Error('the oracle must be Redis 7.0');
  // The shapes are those of the two replies of Redis 7.0 in RESP2, where maps are flat lists.
  const infos = (await oracle.call('COMMAND')) as InfoReply[];
  const docs = mapOf<FlatMap>(await oracle.call('COMMAND', 'DOCS'));
  const facts = new Map<string, CommandFacts>();
  const visit = (info: InfoReply, doc: DocsReply): void => {
    facts.set(info[0], oracleFacts(info, doc));
    const subs = mapOf<FlatMap>(doc.subcommands ?? []);
    for (const sub of info[9]) visit(sub, docsOf(subs[sub[0]]));
  };
  for (const info of infos) visit(info, docsOf(docs[info[0]]));
  return facts;
}

type FlatMap = readonly unknown[];

function mapOf<T>(flat: unknown): Record<string, T> {
  const list = flat as FlatMap; // a map reply
  const map: Record<string, T> = {};
  for (let i = 0; i < list.length; i += 2) map[String(list[i])] = list[i + 1] as T; // the caller's
  return map;
}

function docsOf(flat: FlatMap | undefined): DocsReply {
  if (flat === undefined) throw new Error('COMMAND DOCS lacks a command of COMMAND');
  return mapOf(flat) as unknown as DocsReply; // as COMMAND DOCS prints it
}

type InfoReply = [
  name: string,
  arity: number,
  flags: string[],
  firstKey: number,
  lastKey: number,
  step: number,
  categories: string[],
  tips: string[],
  keySpecs: FlatMap[],
  subcommands: InfoReply[],
];

interface KeySpecReply {
  readonly notes?: string;
  readonly flags: string[];
  readonly begin_search: FlatMap;
  readonly find_keys: FlatMap;
}

interface ArgReply {
  readonly name: string;
  readonly type: string;
  readonly key_spec_index?: number;
  readonly token?: string;
  readonly since?: string;
  readonly deprecated_since?: string;
  readonly flags?: string[];
  readonly arguments?: FlatMap[];
}

interface DocsReply {
  readonly since: string;
  readonly group: string;
  readonly doc_flags?: string[];
  readonly deprecated_since?: string;
  readonly replaced_by?: string;
  readonly history?: [string, string][];
  readonly arguments?: FlatMap[];
  readonly subcommands?: FlatMap;
}

function oracleFacts(info: InfoReply, docs: DocsReply): CommandFacts {
  const [name, arity, flags, firstKey, lastKey, step, categories, tips, keySpecs, subs] = info;
  return {
    name,
    fields: {
      arity: String(arity),
      flags: flags.join(' '),
      legacyRange: `${firstKey} ${lastKey} ${step}`,
      categories: categories.map((category) => category.slice(1)).join(' '),
      tips: tips.join(' '),
      keySpecs: keySpecs.map(keySpecReplyText).join(' | '),
      subcommands: subs
        .map((sub) => sub[0])
        .sort()
        .join(' '),
      since: docs.since,
      group: docs.group,
      arguments: (docs.arguments ?? []).map(argReplyText).join(' '),
      docFlags: (docs.doc_flags ?? []).join(' '),
      deprecated: `${docs.deprecated_since ?? '-'} ${docs.replaced_by ?? '-'}`,
      historyVersions: (docs.history ?? []).map(([version]) => version).join(' '),
    },
  };
}

function keySpecReplyText(reply: FlatMap): string {
  const spec = mapOf(reply) as unknown as KeySpecReply; // as COMMAND INFO prints it
  const notes = spec.notes === undefined ? '' : ' noted';
  return `${spec.flags.join(' ')}: ${step(spec.begin_search)}, ${step(spec.find_keys)}${notes}`;
}

function step(reply: FlatMap): string {
  const { type, spec } = mapOf<unknown>(reply);
  return [type, ...Object.values(mapOf(spec))].join(' ');
}

function argReplyText(reply: FlatMap): string {
  const arg = mapOf(reply) as unknown as ArgReply; // as COMMAND DOCS prints it
  return argWords({
    name: arg.name,
    type: arg.type,
    keySpec: arg.key_spec_index,
    token: arg.token,
    since: arg.since,
    deprecatedSince: arg.deprecated_since,
    flags: arg.flags ?? [],
    children: (arg.arguments ?? []).map(argReplyText),
  });
}
