// The reply of COMMAND DOCS for one command.

import { type Arg, displayTextOf } from '../dispatch/args.ts';
import type { CommandEntry } from '../dispatch/spec.ts';
import type { ReplySink } from '../resp/sink.ts';
import { writeStatuses } from './command-info.ts';

/** One field of a map: its name, and what writes its value. */
type Field = readonly [name: string, write: (reply: ReplySink) => void];

export function writeCommandDocs(reply: ReplySink, entry: CommandEntry): void {
  const { docs, args, subcommands } = entry;
  const fields: Field[] = [];
  // A module may leave out every text.
  if (docs.summary !== '') fields.push(['summary', text(docs.summary)]);
  if (docs.since !== '') fields.push(['since', text(docs.since)]);
  fields.push(['group', text(docs.group)]);
  if (docs.complexity !== null) fields.push(['complexity', text(docs.complexity)]);
  if (docs.module !== null) fields.push(['module', text(docs.module)]);
  if (docs.docFlags.length > 0) fields.push(['doc_flags', statuses(docs.docFlags)]);
  if (docs.deprecatedSince !== null) fields.push(['deprecated_since', text(docs.deprecatedSince)]);
  if (docs.replacedBy !== null) fields.push(['replaced_by', text(docs.replacedBy)]);
  if (docs.history.length > 0) fields.push(['history', (out) => writeHistory(out, entry)]);
  if (args.length > 0) {
    fields.push(['arguments', (out) => writeArgs(out, args, docs.module !== null)]);
  }
  if (subcommands.size > 0) fields.push(['subcommands', (out) => writeSubcommands(out, entry)]);
  writeMap(reply, fields);
}

function writeHistory(reply: ReplySink, { docs }: CommandEntry): void {
  reply.set(docs.history.length);
  for (const [version, change] of docs.history) {
    reply.array(2);
    reply.bulk(version);
    reply.bulk(change);
  }
}

function writeSubcommands(reply: ReplySink, { subcommands }: CommandEntry): void {
  reply.map(subcommands.size);
  for (const sub of subcommands.values()) {
    reply.bulk(sub.fullName);
    writeCommandDocs(reply, sub);
  }
}

function writeArgs(reply: ReplySink, args: readonly Arg[], isModule: boolean): void {
  reply.array(args.length);
  for (const arg of args) writeArg(reply, arg, isModule);
}

/** @param isModule the texts are a module's: what it left out is not made up */
function writeArg(reply: ReplySink, arg: Arg, isModule: boolean): void {
  const fields: Field[] = [
    ['name', text(arg.name)],
    ['type', text(arg.type)],
  ];
  const displayText = isModule ? (arg.displayText ?? null) : displayTextOf(arg);
  const { keySpec } = arg;
  if (displayText !== null) fields.push(['display_text', text(displayText)]);
  if (keySpec !== undefined) fields.push(['key_spec_index', (out) => out.integer(keySpec)]);
  if (arg.token !== undefined) fields.push(['token', text(arg.token)]);
  if (arg.summary !== undefined) fields.push(['summary', text(arg.summary)]);
  if (arg.since !== undefined) fields.push(['since', text(arg.since)]);
  if (arg.deprecatedSince !== undefined) {
    fields.push(['deprecated_since', text(arg.deprecatedSince)]);
  }
  const flags = flagsOf(arg);
  if (flags.length > 0) fields.push(['flags', statuses(flags)]);
  if (arg.children.length > 0) {
    fields.push(['arguments', (out) => writeArgs(out, arg.children, isModule)]);
  }
  writeMap(reply, fields);
}

function flagsOf(arg: Arg): string[] {
  const flags: string[] = [];
  if (arg.optional) flags.push('optional');
  if (arg.multiple) flags.push('multiple');
  if (arg.multipleToken) flags.push('multiple_token');
  return flags;
}

function writeMap(reply: ReplySink, fields: readonly Field[]): void {
  reply.map(fields.length);
  for (const [name, write] of fields) {
    reply.bulk(name);
    write(reply);
  }
}

function text(value: string): (reply: ReplySink) => void {
  return (reply) => reply.bulk(value);
}

function statuses(words: readonly string[]): (reply: ReplySink) => void {
  return (reply) => writeStatuses(reply, words);
}
