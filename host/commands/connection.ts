// PING, SELECT, AUTH, RESET and the like: commands on the connection itself.

import { ACCESS } from '../dispatch/access-control.ts';
import { integer, string } from '../dispatch/args.ts';
import { AUTHENTICATOR } from '../dispatch/authentication.ts';
import { CLIENTS } from '../dispatch/clients.ts';
import type { Context } from '../dispatch/context.ts';
import { DB_INDEX_OUT_OF_RANGE, NO_PASSWORD_SET, SYNTAX, wrongArity } from '../dispatch/errors.ts';
import { type CommandEntry, command } from '../dispatch/spec.ts';
import { discardTransaction, WATCHERS } from '../dispatch/transaction.ts';
import type { ByteString } from '../lib/bytes.ts';
import { int32Arg } from './arguments.ts';
import { client } from './client.ts';
import { hello } from './hello.ts';
import { finishLogin } from './login.ts';

export const auth = command({
  name: 'auth',
  summary: 'Logs the connection in.',
  since: '1.0.0',
  group: 'connection',
  complexity: "O(N) in the number of the user's passwords",
  history: [['6.0.0', 'Takes a user name.']],
  flags: ['noscript', 'loading', 'stale', 'fast', 'no_auth', 'allow_busy'],
  args: [string('username', { since: '6.0.0', optional: true }), string('password')],
  run: runAuth,
});

function runAuth(ctx: Context): void {
  if (ctx.argc > 3) throw SYNTAX;
  const password = ctx.arg(ctx.argc - 1).toByteString();
  const user = ctx.argc === 3 ? ctx.arg(1).toByteString() : ('default' as ByteString);
  for (let i = 1; i < ctx.argc; i++) ctx.redact(i);
  const { users } = ctx.service(ACCESS);
  if (ctx.argc === 2 && users.default.hasNoPassword) throw NO_PASSWORD_SET;
  finishLogin(ctx, { user, password }, (reply) => reply.simple('OK'));
}

export const echo = command({
  name: 'echo',
  summary: 'Returns its argument.',
  since: '1.0.0',
  group: 'connection',
  complexity: 'O(1)',
  flags: ['loading', 'stale', 'fast'],
  args: [string('message')],
  run: (ctx) => ctx.reply.slice(ctx.arg(1)),
});

export const ping = command({
  name: 'ping',
  summary: 'Answers PONG, or its argument.',
  since: '1.0.0',
  group: 'connection',
  complexity: 'O(1)',
  flags: ['fast'],
  tips: ['request_policy:all_shards', 'response_policy:all_succeeded'],
  args: [string('message', { optional: true })],
  run: runPing,
});

function runPing(ctx: Context): void {
  if (ctx.argc > 2) throw wrongArity('ping');
  if (ctx.client.isInPubSubMode) {
    ctx.reply.array(2);
    ctx.reply.bulk('pong');
    if (ctx.argc === 2) ctx.reply.slice(ctx.arg(1));
    else ctx.reply.bulk('');
  } else if (ctx.argc === 2) {
    ctx.reply.slice(ctx.arg(1));
  } else {
    ctx.reply.simple('PONG');
  }
}

export const quit = command({
  name: 'quit',
  summary: 'Closes the connection.',
  since: '1.0.0',
  group: 'connection',
  complexity: 'O(1)',
  docFlags: ['deprecated'],
  deprecatedSince: '7.2.0',
  replacedBy: 'just closing the connection',
  flags: ['noscript', 'loading', 'stale', 'fast', 'no_auth', 'allow_busy'],
  arity: -1,
  run: (ctx) => {
    ctx.reply.simple('OK');
    ctx.client.isClosing = true;
    ctx.client.transport?.closeAfterReply();
  },
});

export const reset = command({
  name: 'reset',
  summary: 'Puts the connection back into its first state.',
  since: '6.2.0',
  group: 'connection',
  complexity: 'O(1)',
  flags: ['noscript', 'loading', 'stale', 'fast', 'no_auth', 'allow_busy'],
  run: runReset,
});

function runReset(ctx: Context): void {
  const { client } = ctx;
  discardTransaction(client, ctx.service(WATCHERS));
  ctx.service(CLIENTS).reset(client);
  client.db = ctx.keyspace.database(0);
  client.name = '' as ByteString;
  client.replyMode = 'on';
  client.isNoEvict = false;
  client.isNoTouch = false;
  client.writer.protocol = 2;
  ctx.service(AUTHENTICATOR).reset(client);
  ctx.reply.simple('RESET');
}

export const select = command({
  name: 'select',
  summary: 'Chooses the database of the connection.',
  since: '1.0.0',
  group: 'connection',
  complexity: 'O(1)',
  flags: ['loading', 'stale', 'fast'],
  args: [integer('index')],
  run: (ctx) => {
    const index = int32Arg(ctx.arg(1));
    if (index < 0 || index >= ctx.keyspace.databaseCount) throw DB_INDEX_OUT_OF_RANGE;
    ctx.client.db = ctx.keyspace.database(index);
    ctx.reply.simple('OK');
  },
});

export const connectionCommands: readonly CommandEntry[] = [
  auth,
  client,
  echo,
  hello,
  ping,
  quit,
  reset,
  select,
];
