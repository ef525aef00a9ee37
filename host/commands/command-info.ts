// The reply of COMMAND and COMMAND INFO for one command.

import { categoryNames } from '../dispatch/categories.ts';
import { commandFlagNames } from '../dispatch/command-flags.ts';
import {
  type BeginSearch,
  type FindKeys,
  type KeySpec,
  keyAccessNames,
} from '../dispatch/key-specs.ts';
import type { CommandEntry } from '../dispatch/spec.ts';
import type { ReplySink } from '../resp/sink.ts';

/** @param categories names of all categories */
export function writeCommandInfo(
  reply: ReplySink,
  entry: CommandEntry,
  categories: readonly string[],
): void {
  reply.array(10);
  reply.bulk(entry.fullName);
  reply.integer(entry.arity);
  writeStatuses(reply, commandFlagNames(entry.flags));
  reply.integer(entry.firstKey);
  reply.integer(entry.lastKey);
  reply.integer(entry.step);
  writeStatuses(
    reply,
    categoryNames(entry.categories, categories).map((name) => `@${name}`),
  );
  reply.set(entry.tips.length);
  for (const tip of entry.tips) reply.bulk(tip);
  reply.set(entry.keySpecs.length);
  for (const spec of entry.keySpecs) writeKeySpec(reply, spec);
  // Redis gives a set to commands that are no containers and an array to the others.
  if (entry.subcommands.size === 0) reply.set(0);
  else reply.array(entry.subcommands.size);
  for (const sub of entry.subcommands.values()) writeCommandInfo(reply, sub, categories);
}

/** A set of simple strings. */
export function writeStatuses(reply: ReplySink, words: readonly string[]): void {
  reply.set(words.length);
  for (const word of words) reply.simple(word);
}

function writeKeySpec(reply: ReplySink, spec: KeySpec): void {
  reply.map(spec.notes === undefined ? 3 : 4);
  if (spec.notes !== undefined) {
    reply.bulk('notes');
    reply.bulk(spec.notes);
  }
  reply.bulk('flags');
  writeStatuses(reply, keyAccessNames(spec.access));
  reply.bulk('begin_search');
  writeStep(reply, spec.beginSearch.type, beginFields(spec.beginSearch));
  reply.bulk('find_keys');
  writeStep(reply, spec.findKeys.type, findFields(spec.findKeys));
}

type Fields = readonly (readonly [name: string, value: string | number])[];

function beginFields(begin: BeginSearch): Fields {
  if (begin.type === 'index') return [['index', begin.index]];
  if (begin.type === 'unknown') return [];
  return [
    ['keyword', begin.keyword],
    ['startfrom', begin.startFrom],
  ];
}

function findFields(find: FindKeys): Fields {
  if (find.type === 'unknown') return [];
  if (find.type === 'range') {
    return [
      ['lastkey', find.lastKey],
      ['keystep', find.keyStep],
      ['limit', find.limit],
    ];
  }
  return [
    ['keynumidx', find.keyNumIndex],
    ['firstkey', find.firstKey],
    ['keystep', find.keyStep],
  ];
}

function writeStep(reply: ReplySink, type: string, fields: Fields): void {
  reply.map(2);
  reply.bulk('type');
  reply.bulk(type);
  reply.bulk('spec');
  reply.map(fields.length);
  for (const [name, value] of fields) {
    reply.bulk(name);
    if (typeof value === 'number') reply.integer(value);
    else reply.bulk(value);
  }
}
