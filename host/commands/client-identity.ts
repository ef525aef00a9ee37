// CLIENT: who is connected. Ids, names, and the lines of CLIENT LIST and CLIENT INFO.

import { integer, oneof, string, token } from '../dispatch/args.ts';
import type { Client, ClientClass } from '../dispatch/client.ts';
import { CLIENTS, type Clients } from '../dispatch/clients.ts';
import type { Context } from '../dispatch/context.ts';
import {
  BAD_CLIENT_NAME,
  INVALID_CLIENT_ID,
  invalidClientAttribute,
  SYNTAX,
  unknownClientType,
  unrecognizedClientAttribute,
} from '../dispatch/errors.ts';
import { subcommand } from '../dispatch/spec.ts';
import type { ByteString } from '../lib/bytes.ts';
import type { Slice } from '../lib/slice.ts';
import { integerArg } from './arguments.ts';
import { clientLine } from './client-line.ts';

export const clientId = subcommand({
  name: 'id',
  summary: 'Returns the id of the connection.',
  since: '5.0.0',
  complexity: 'O(1)',
  flags: ['noscript', 'loading', 'stale'],
  run: (ctx) => ctx.reply.integer(ctx.client.id),
});

export const clientInfo = subcommand({
  name: 'info',
  summary: 'Describes the connection.',
  since: '6.2.0',
  complexity: 'O(1)',
  flags: ['noscript', 'loading', 'stale'],
  tips: ['nondeterministic_output'],
  run: (ctx) => ctx.reply.verbatim('txt', lines(ctx, [ctx.client])),
});

export const clientList = subcommand({
  name: 'list',
  summary: 'Describes all connections, one a line.',
  since: '2.4.0',
  complexity: 'O(N) in the number of clients',
  history: [
    ['2.8.12', 'Shows `id`.'],
    ['5.0.0', 'Takes `TYPE`.'],
    ['6.0.0', 'Shows `user`.'],
    ['6.2.0', 'Shows `argv-mem`, `tot-mem`, `laddr` and `redir`; takes `ID`.'],
    ['7.0.0', 'Shows `resp`, `multi-mem`, `rbs` and `rbp`.'],
    ['7.0.3', 'Shows `ssub`.'],
  ],
  flags: ['admin', 'noscript', 'loading', 'stale'],
  tips: ['nondeterministic_output'],
  args: [
    oneof('client-type', [token('NORMAL'), token('MASTER'), token('REPLICA'), token('PUBSUB')], {
      token: 'TYPE',
      since: '5.0.0',
      optional: true,
    }),
    integer('client-id', { token: 'ID', since: '6.2.0', optional: true, multiple: true }),
  ],
  run: (ctx) => ctx.reply.verbatim('txt', lines(ctx, listed(ctx))),
});

export const clientGetName = subcommand({
  name: 'getname',
  summary: 'Returns the name of the connection.',
  since: '2.6.9',
  complexity: 'O(1)',
  flags: ['noscript', 'loading', 'stale'],
  run: (ctx) => {
    if (ctx.client.name === '') ctx.reply.null();
    else ctx.reply.bulk(ctx.client.name);
  },
});

export const clientSetName = subcommand({
  name: 'setname',
  summary: 'Names the connection.',
  since: '2.6.9',
  complexity: 'O(1)',
  flags: ['noscript', 'loading', 'stale'],
  tips: ['request_policy:all_nodes', 'response_policy:all_succeeded'],
  args: [string('connection-name')],
  run: (ctx) => {
    const name = ctx.arg(2).toByteString();
    if (!isPlainName(name)) throw BAD_CLIENT_NAME;
    ctx.client.name = name;
    ctx.reply.simple('OK');
  },
});

export const clientSetInfo = subcommand({
  name: 'setinfo',
  summary: 'Records the library that the client uses.',
  since: '7.2.0',
  complexity: 'O(1)',
  flags: ['noscript', 'loading', 'stale'],
  tips: ['request_policy:all_nodes', 'response_policy:all_succeeded'],
  args: [
    oneof('attr', [
      string('libname', { token: 'LIB-NAME' }),
      string('libver', { token: 'LIB-VER' }),
    ]),
  ],
  run: setInfo,
});

function setInfo(ctx: Context): void {
  const attribute = ctx.arg(2);
  const isName = attribute.is('lib-name');
  if (!isName && !attribute.is('lib-ver')) {
    throw unrecognizedClientAttribute(attribute.toByteString());
  }
  const value = ctx.arg(3).toByteString();
  if (!isPlainName(value)) throw invalidClientAttribute(attribute.toByteString());
  if (isName) ctx.client.libName = value;
  else ctx.client.libVersion = value;
  ctx.reply.simple('OK');
}

/** Clients that CLIENT LIST's options choose. */
function listed(ctx: Context): Iterable<Client> {
  const clients = ctx.service(CLIENTS);
  if (ctx.argc === 2) return clients.connected();
  if (ctx.argc === 4 && ctx.arg(2).is('type')) return ofClass(clients, clientClassArg(ctx.arg(3)));
  if (ctx.argc > 3 && ctx.arg(2).is('id')) return withIds(ctx, clients);
  throw SYNTAX;
}

function ofClass(clients: Clients, wanted: ClientClass): Client[] {
  return [...clients.connected()].filter((client) => client.clientClass === wanted);
}

function withIds(ctx: Context, clients: Clients): Client[] {
  const found: Client[] = [];
  for (let i = 3; i < ctx.argc; i++) {
    const client = clients.get(integerArg(ctx.arg(i), INVALID_CLIENT_ID));
    if (client !== undefined && client.transport !== null) found.push(client);
  }
  return found;
}

function lines(ctx: Context, clients: Iterable<Client>): string {
  let text = '';
  for (const client of clients) text += `${clientLine(client, ctx.nowMs)}\n`;
  return text;
}

/** A client type; `slave` is the old word for `replica`. Throws unknownClientType. */
export function clientClassArg(slice: Slice): ClientClass {
  const word = slice.toLower();
  if (word === 'slave') return 'replica';
  if (word === 'normal' || word === 'master' || word === 'replica' || word === 'pubsub') {
    return word;
  }
  throw unknownClientType(slice.toByteString());
}

/** Printable ASCII without spaces, so that CLIENT LIST can be taken apart again. */
export function isPlainName(bytes: ByteString): boolean {
  for (let i = 0; i < bytes.length; i++) {
    const code = bytes.charCodeAt(i);
    if (code < 0x21 || code > 0x7e) return false;
  }
  return true;
}
