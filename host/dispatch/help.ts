// HELP of container commands, made from the specs of their subcommands.

import type { Arg } from './args.ts';
import type { Context } from './context.ts';
import type { CommandEntry } from './spec.ts';

/** Handler of every `help` subcommand: lines of usage, each with its summary indented below. */
export function replyHelp(ctx: Context): void {
  const container = ctx.entry.parent ?? ctx.entry;
  const lines = [
    `${container.name.toUpperCase()} <subcommand> [<arg> [value] [opt] ...]. Subcommands are:`,
  ];
  for (const sub of container.subcommands.values()) {
    if (sub !== ctx.entry) lines.push(...describe(sub));
  }
  lines.push(...describe(ctx.entry));
  ctx.reply.array(lines.length);
  for (const line of lines) ctx.reply.simple(line);
}

function describe(entry: CommandEntry): string[] {
  return [usage(entry), `    ${entry.docs.summary}`];
}

function usage(entry: CommandEntry): string {
  return [entry.name.toUpperCase(), ...entry.args.map(argText)].join(' ');
}

/** `[REDIRECT <client-id>]`, `(ON|OFF)`, `[<key> ...]`. */
function argText(arg: Arg): string {
  const token = arg.token !== undefined && arg.type !== 'pure-token' ? `${arg.token} ` : '';
  const body = bodyText(arg);
  let text = token + (arg.type === 'oneof' && !isBracketed(arg, token) ? `(${body})` : body);
  if (arg.multiple) text += repetition(arg, token + body, body);
  return arg.optional ? `[${text}]` : text;
}

/** An optional choice has brackets around it already. */
function isBracketed(arg: Arg, token: string): boolean {
  return arg.optional && token === '' && !arg.multiple;
}

/** Long ones are not said twice. */
function repetition(arg: Arg, text: string, body: string): string {
  if (body.length > 40) return ' ...';
  return arg.multipleToken ? ` [${text} ...]` : ` [${body} ...]`;
}

function bodyText(arg: Arg): string {
  if (arg.type === 'pure-token') return arg.token ?? arg.name;
  if (arg.type === 'oneof') return arg.children.map(argText).join('|');
  if (arg.type === 'block') return arg.children.map(argText).join(' ');
  return `<${arg.displayText ?? arg.name}>`;
}
