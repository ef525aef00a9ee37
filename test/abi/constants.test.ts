// Constants: unique, flattened under their C names, consistent with the list of events.

import { describe, expect, test } from 'vitest';
import { CONSTANTS, type ConstantGroup, EVENTS, GROUPS } from '../../abi/constants.ts';

const groups = Object.values<ConstantGroup>(GROUPS);

describe('constants', () => {
  test('belong to one group each', () => {
    const names = groups.flatMap((group) => Object.keys(group.values));
    expect(new Set(names).size).toBe(names.length);
    expect(Object.keys(CONSTANTS)).toEqual(names);
  });

  test('have a meaning', () => {
    const empty = groups.flatMap((group) =>
      Object.entries(group.values).filter(([, [, doc]]) => !/^.{2,}\.$/.test(doc)),
    );
    expect(empty).toEqual([]);
  });

  test('make up the class A of keyspace events from g$lshzxetd', () => {
    const parts = ['GENERIC', 'STRING', 'LIST', 'SET', 'HASH', 'ZSET', 'EXPIRED', 'EVICTED']
      .concat(['STREAM', 'MODULE'])
      .map((name) => GROUPS.notify.values[`REDISMODULE_NOTIFY_${name}` as keyof NotifyValues][0]);
    expect(parts.reduce((all, flag) => all | flag, 0)).toBe(CONSTANTS.REDISMODULE_NOTIFY_ALL);
  });

  test('number events and their subevents without gaps', () => {
    const events = Object.values(GROUPS.event.values).map(([id]) => id);
    expect(Object.values(EVENTS).map((event) => event.id)).toEqual(events);
    const counts = new Map<string, number>();
    for (const [prefix, event] of PREFIXES) {
      const values = Object.entries(GROUPS.subevent.values)
        .filter(([name]) => name.startsWith(prefix))
        .filter(
          ([name]) =>
            !LONGER.some((l) => l !== prefix && l.startsWith(prefix) && name.startsWith(l)),
        )
        .map(([, [value]]) => value);
      counts.set(event, values.length);
      expect(
        [...values].sort((a, b) => a - b),
        prefix,
      ).toEqual([...values.keys()]);
    }
    for (const [event, count] of counts) {
      expect(EVENTS[event as keyof typeof EVENTS].subevents, event).toBe(count);
    }
  });
});

type NotifyValues = typeof GROUPS.notify.values;

const PREFIXES = [
  ['REDISMODULE_EVENT_REPLROLECHANGED_', 'ReplicationRoleChanged'],
  ['REDISMODULE_SUBEVENT_PERSISTENCE_', 'Persistence'],
  ['REDISMODULE_SUBEVENT_FLUSHDB_', 'FlushDB'],
  ['REDISMODULE_SUBEVENT_LOADING_', 'Loading'],
  ['REDISMODULE_SUBEVENT_LOADING_PROGRESS_', 'LoadingProgress'],
  ['REDISMODULE_SUBEVENT_CLIENT_CHANGE_', 'ClientChange'],
  ['REDISMODULE_SUBEVENT_REPLICA_CHANGE_', 'ReplicaChange'],
  ['REDISMODULE_SUBEVENT_MASTER_LINK_', 'MasterLinkChange'],
  ['REDISMODULE_SUBEVENT_MODULE_', 'ModuleChange'],
  ['REDISMODULE_SUBEVENT_REPL_BACKUP_', 'ReplBackup'],
  ['REDISMODULE_SUBEVENT_FORK_CHILD_', 'ForkChild'],
  ['REDISMODULE_SUBEVENT_REPL_ASYNC_LOAD_', 'ReplAsyncLoad'],
  ['REDISMODULE_SUBEVENT_EVENTLOOP_', 'EventLoop'],
  ['REDISMODULE_SUBEVENT_CONFIG_', 'Config'],
  ['REDISMODULE_SUBEVENT_KEY_', 'Key'],
] as const;

const LONGER = PREFIXES.map(([prefix]) => prefix);
