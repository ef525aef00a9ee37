// The replies of ACL GETUSER and ACL LOG.

import type { LogEntry } from '../acl/log.ts';
import type { Selector } from '../acl/selector.ts';
import type { User } from '../acl/user.ts';
import type { ReplySink } from '../resp/sink.ts';

export function writeUser(reply: ReplySink, user: User): void {
  const [root, ...others] = user.selectors;
  const flags = user.flagNames();
  reply.map(6);
  reply.bulk('flags');
  reply.set(flags.length);
  for (const flag of flags) reply.bulk(flag);
  reply.bulk('passwords');
  reply.array(user.passwords.length);
  for (const hash of user.passwords) reply.bulk(hash);
  if (root !== undefined) writeSelector(reply, root);
  reply.bulk('selectors');
  reply.array(others.length);
  for (const selector of others) {
    reply.map(3);
    writeSelector(reply, selector);
  }
}

/** Three fields of a map. */
function writeSelector(reply: ReplySink, selector: Selector): void {
  reply.bulk('commands');
  reply.bulk(selector.describeCommands());
  reply.bulk('keys');
  reply.bulk(selector.describeKeys());
  reply.bulk('channels');
  reply.bulk(selector.describeChannels());
}

export function writeLogEntry(reply: ReplySink, entry: LogEntry, nowMs: number): void {
  const fields: readonly (readonly [string, string | number])[] = [
    ['count', entry.count],
    ['reason', entry.reason],
    ['context', entry.origin],
    ['object', entry.object],
    ['username', entry.userName],
  ];
  reply.map(10);
  for (const field of fields) writeField(reply, ...field);
  reply.bulk('age-seconds');
  reply.double((nowMs - entry.updatedMs) / 1000);
  writeField(reply, 'client-info', entry.clientInfo);
  writeField(reply, 'entry-id', entry.id);
  writeField(reply, 'timestamp-created', entry.createdMs);
  writeField(reply, 'timestamp-last-updated', entry.updatedMs);
}

function writeField(reply: ReplySink, name: string, value: string | number): void {
  reply.bulk(name);
  if (typeof value === 'number') reply.integer(value);
  else reply.bulk(value);
}
