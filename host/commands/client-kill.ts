// CLIENT KILL: the old form with an address, and the one with filters.

import type { User } from '../acl/user.ts';
import { ACCESS } from '../dispatch/access-control.ts';
import { integer, oneof, string, token } from '../dispatch/args.ts';
import type { Client, ClientClass } from '../dispatch/client.ts';
import { CLIENTS } from '../dispatch/clients.ts';
import type { Context } from '../dispatch/context.ts';
import { CLIENT_ID_NOT_POSITIVE, NO_SUCH_CLIENT, noSuchUser, SYNTAX } from '../dispatch/errors.ts';
import { subcommand } from '../dispatch/spec.ts';
import type { ByteString } from '../lib/bytes.ts';
import { eitherArg, integerFromArg } from './arguments.ts';
import { clientClassArg } from './client-identity.ts';

export const clientKill = subcommand({
  name: 'kill',
  summary: 'Closes connections.',
  since: '2.4.0',
  complexity: 'O(N) in the number of clients',
  history: [
    ['2.8.12', 'Takes filters.'],
    ['2.8.12', 'Takes `ID`.'],
    ['3.2.0', '`TYPE` may be `master`.'],
    ['5.0.0', '`TYPE` may be `replica`, which means `slave`.'],
    ['6.2.0', 'Takes `LADDR`.'],
  ],
  flags: ['admin', 'noscript', 'loading', 'stale'],
  arity: -3,
  args: [
    oneof('filter', [
      string('old-format', { deprecatedSince: '2.8.12', displayText: 'ip:port' }),
      oneof(
        'new-format',
        [
          integer('client-id', { token: 'ID', since: '2.8.12', optional: true }),
          oneof(
            'client-type',
            [
              token('NORMAL'),
              token('MASTER', { since: '3.2.0' }),
              token('SLAVE'),
              token('REPLICA', { since: '5.0.0' }),
              token('PUBSUB'),
            ],
            { token: 'TYPE', since: '2.8.12', optional: true },
          ),
          string('username', { token: 'USER', optional: true }),
          string('addr', { token: 'ADDR', displayText: 'ip:port', optional: true }),
          string('laddr', {
            token: 'LADDR',
            since: '6.2.0',
            displayText: 'ip:port',
            optional: true,
          }),
          oneof('skipme', [token('YES'), token('NO')], { token: 'SKIPME', optional: true }),
        ],
        { multiple: true },
      ),
    ]),
  ],
  run: (ctx) => {
    if (ctx.argc === 3) killByAddress(ctx);
    else ctx.reply.integer(kill(ctx, readFilters(ctx)));
  },
});

/** Every filter that is given must fit. */
interface KillFilters {
  id: number | null;
  type: ClientClass | null;
  address: ByteString | null;
  localAddress: ByteString | null;
  user: User | null;
  skipsMe: boolean;
}

function noFilters(): KillFilters {
  return { id: null, type: null, address: null, localAddress: null, user: null, skipsMe: true };
}

function killByAddress(ctx: Context): void {
  const address = ctx.arg(2).toByteString();
  if (kill(ctx, { ...noFilters(), address, skipsMe: false }) === 0) throw NO_SUCH_CLIENT;
  ctx.reply.simple('OK');
}

function readFilters(ctx: Context): KillFilters {
  const filters = noFilters();
  for (let i = 2; i < ctx.argc; i += 2) {
    if (i + 1 >= ctx.argc) throw SYNTAX;
    const value = ctx.arg(i + 1);
    switch (ctx.arg(i).toLower()) {
      case 'id':
        filters.id = integerFromArg(value, 1, CLIENT_ID_NOT_POSITIVE);
        break;
      case 'type':
        filters.type = clientClassArg(value);
        break;
      case 'addr':
        filters.address = value.toByteString();
        break;
      case 'laddr':
        filters.localAddress = value.toByteString();
        break;
      case 'user':
        filters.user = ctx.service(ACCESS).users.get(value.toByteString());
        if (filters.user === null) throw noSuchUser(value.toByteString());
        break;
      case 'skipme':
        filters.skipsMe = eitherArg(value, 'yes', 'no') === 0;
        break;
      default:
        throw SYNTAX;
    }
  }
  return filters;
}

/** Returns how many connections it closed. */
function kill(ctx: Context, filters: KillFilters): number {
  const clients = ctx.service(CLIENTS);
  let killed = 0;
  for (const client of [...clients.connected()]) {
    if (!fits(client, filters) || (client === ctx.client && filters.skipsMe)) continue;
    killed++;
    if (client !== ctx.client) {
      clients.kill(client);
      continue;
    }
    client.isClosing = true; // after it has its reply
    client.transport?.closeAfterReply();
  }
  return killed;
}

function fits(client: Client, filters: KillFilters): boolean {
  const { id, type, address, localAddress, user } = filters;
  return (
    (id === null || client.id === id) &&
    (type === null || client.clientClass === type) &&
    (address === null || client.transport?.remoteAddress === address) &&
    (localAddress === null || client.transport?.localAddress === localAddress) &&
    (user === null || client.user === user)
  );
}
