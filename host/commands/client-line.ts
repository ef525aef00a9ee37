// One line of CLIENT LIST: what is known of a connection, in the format of Redis 7.2.

import type { Client } from '../dispatch/client.ts';
import type { ByteString } from '../lib/bytes.ts';

/** A client object with its parser, context slots and socket handles; an estimate. */
const CLIENT_BYTES = 2048;
/** An argument view of a queued command. */
const ARG_BYTES = 40;

/** Without the newline; bytes, because of the names. */
export function clientLine(client: Client, nowMs: number): ByteString {
  const { transport, transaction, writer, tracking, subscriptions } = client;
  const queuedBytes = transaction === null ? 0 : queueBytes(client);
  const socketBytes = Math.max(0, (transport?.outputBytes ?? 0) - writer.length);
  const fields: readonly (readonly [string, string | number])[] = [
    ['id', client.id],
    ['addr', transport?.remoteAddress ?? '?:0'],
    ['laddr', transport?.localAddress ?? '?:0'],
    ['fd', transport?.fd ?? -1],
    ['name', client.name],
    ['age', seconds(nowMs - client.createdMs)],
    ['idle', seconds(nowMs - client.lastActiveMs)],
    ['flags', flagsOf(client)],
    ['db', client.db.index],
    ['sub', subscriptions?.channels.size ?? 0],
    ['psub', subscriptions?.patterns.size ?? 0],
    ['ssub', subscriptions?.shardChannels.size ?? 0],
    ['multi', transaction?.queue.length ?? -1],
    ['qbuf', transport?.inputBytes ?? 0],
    ['qbuf-free', 0],
    ['argv-mem', 0],
    ['multi-mem', queuedBytes],
    ['rbs', writer.buffer.length],
    ['rbp', writer.length],
    ['obl', writer.length],
    ['oll', socketBytes > 0 ? 1 : 0],
    ['omem', socketBytes],
    ['tot-mem', clientBytes(client)],
    ['events', socketBytes > 0 ? 'rw' : 'r'],
    ['cmd', client.lastCommand?.fullName ?? 'NULL'],
    ['user', client.userName],
    ['redir', tracking?.redirectId ?? -1],
    ['resp', writer.protocol],
    ['lib-name', client.libName],
    ['lib-ver', client.libVersion],
  ];
  return fields.map(([name, value]) => `${name}=${value}`).join(' ') as ByteString; // bytes and ASCII
}

/** What a client holds: buffers on both ways, queued commands, itself. */
export function clientBytes(client: Client): number {
  const { transport, writer } = client;
  const output = Math.max(writer.buffer.length, transport?.outputBytes ?? 0);
  return CLIENT_BYTES + output + (transport?.inputBytes ?? 0) + queueBytes(client);
}

function queueBytes({ transaction }: Client): number {
  if (transaction === null) return 0;
  let bytes = transaction.queuedBytes;
  for (const { argv } of transaction.queue) bytes += argv.length * ARG_BYTES;
  return bytes;
}

/** The letters of CLIENT LIST's flags, in Redis's order. */
function flagsOf(client: Client): string {
  let flags = '';
  if (client.isMonitor) flags += 'O';
  else if (client.link === 'replica') flags += 'S';
  if (client.link === 'master') flags += 'M';
  if (client.subscriptionCount > 0) flags += 'P';
  if (client.transaction !== null) flags += 'x';
  if (client.blocked !== null) flags += 'b';
  if (client.tracking !== null) flags += 't';
  if (client.tracking?.isRedirectBroken) flags += 'R';
  if (client.tracking?.isBroadcast) flags += 'B';
  if (client.isWatchBroken) flags += 'd';
  if (client.isClosing) flags += 'c';
  if (client.transport?.isUnixSocket) flags += 'U';
  if (client.isNoEvict) flags += 'e';
  if (client.isNoTouch) flags += 'T';
  return flags === '' ? 'N' : flags;
}

function seconds(ms: number): number {
  return Math.max(0, Math.floor(ms / 1000));
}
