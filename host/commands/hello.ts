// HELLO: the handshake of clients that know RESP3.

import { block, integer, string } from '../dispatch/args.ts';
import type { Client } from '../dispatch/client.ts';
import type { Context } from '../dispatch/context.ts';
import {
  BAD_CLIENT_NAME,
  BAD_PROTOCOL_VERSION,
  helloSyntax,
  NO_AUTH_IN_HELLO,
  UNSUPPORTED_PROTOCOL,
} from '../dispatch/errors.ts';
import { SERVER_FACTS, type ServerFacts } from '../dispatch/server-facts.ts';
import { command } from '../dispatch/spec.ts';
import type { ByteString } from '../lib/bytes.ts';
import { REDIS_VERSION } from '../lib/version.ts';
import type { ReplySink } from '../resp/sink.ts';
import { int64Arg } from './arguments.ts';
import { isPlainName } from './client-identity.ts';
import { finishLogin } from './login.ts';

export const hello = command({
  name: 'hello',
  summary: 'Chooses the protocol, logs in and describes the server.',
  since: '6.0.0',
  group: 'connection',
  complexity: 'O(1)',
  history: [['6.2.0', 'The version may be left out; then only describes the connection.']],
  flags: ['noscript', 'loading', 'stale', 'fast', 'no_auth', 'allow_busy'],
  args: [
    block(
      'arguments',
      [
        integer('protover'),
        block('auth', [string('username'), string('password')], { token: 'AUTH', optional: true }),
        string('clientname', { token: 'SETNAME', optional: true }),
      ],
      { optional: true },
    ),
  ],
  run: runHello,
});

interface HelloOptions {
  readonly user: ByteString | null;
  readonly password: ByteString;
  readonly clientName: ByteString | null;
}

function runHello(ctx: Context): void {
  const { client } = ctx;
  const protocol = ctx.argc > 1 ? int64Arg(ctx.arg(1), BAD_PROTOCOL_VERSION) : null;
  if (protocol !== null && protocol !== 2 && protocol !== 3) throw UNSUPPORTED_PROTOCOL;
  const { user, password, clientName } = readOptions(ctx);
  const { services } = ctx.executor;
  const finish = (reply: ReplySink): void => {
    if (!client.isAuthenticated) {
      reply.error(NO_AUTH_IN_HELLO.message);
      return;
    }
    if (clientName !== null) client.name = clientName;
    if (protocol !== null) client.writer.protocol = protocol;
    describeServer(client, services.get(SERVER_FACTS), reply);
  };
  if (user === null) finish(ctx.reply);
  else finishLogin(ctx, { user, password }, finish);
}

function readOptions(ctx: Context): HelloOptions {
  let user: ByteString | null = null;
  let password = '' as ByteString;
  let clientName: ByteString | null = null;
  for (let i = 2; i < ctx.argc; i++) {
    const left = ctx.argc - i - 1;
    const option = ctx.arg(i);
    if (option.is('auth') && left >= 2) {
      user = ctx.arg(i + 1).toByteString();
      password = ctx.arg(i + 2).toByteString();
      ctx.redact(i + 1);
      ctx.redact(i + 2);
      i += 2;
    } else if (option.is('setname') && left >= 1) {
      clientName = ctx.arg(i + 1).toByteString();
      if (!isPlainName(clientName)) throw BAD_CLIENT_NAME;
      i += 1;
    } else {
      throw helloSyntax(option.toByteString());
    }
  }
  return { user, password, clientName };
}

function describeServer(client: Client, facts: ServerFacts, reply: ReplySink): void {
  const modules = facts.modules();
  reply.map(7);
  reply.bulk('server');
  reply.bulk('redis');
  reply.bulk('version');
  reply.bulk(REDIS_VERSION);
  reply.bulk('proto');
  reply.integer(client.writer.protocol);
  reply.bulk('id');
  reply.integer(client.id);
  reply.bulk('mode');
  reply.bulk(facts.mode);
  reply.bulk('role');
  reply.bulk(facts.role().role === 'master' ? 'master' : 'replica');
  reply.bulk('modules');
  reply.array(modules.length);
  for (const { name, version, path, args } of modules) {
    reply.map(4);
    reply.bulk('name');
    reply.bulk(name);
    reply.bulk('ver');
    reply.integer(version);
    reply.bulk('path');
    reply.bulk(path);
    reply.bulk('args');
    reply.array(args.length);
    for (const arg of args) reply.bulk(arg);
  }
}
