// Replays the shared example cases against a server: the same for redcell and for redis-server.

import { expect } from 'vitest';
import { RawClient } from '../support/oracle.ts';
import type { ExampleCase, ExampleGroup, ExampleScene, ExpectedReply } from './example-case.ts';

/** Whose replies are asked for. */
export interface Target {
  readonly port: number;
  /** Cases that need Lua are left out where there is none. */
  readonly hasScripting: boolean;
}

/** The RESP2 bytes of an expected reply. */
export function encodeReply(reply: ExpectedReply): string {
  if (reply === null) return '$-1\r\n';
  if (typeof reply === 'bigint') return `:${reply}\r\n`;
  if ('simple' in reply) return `+${reply.simple}\r\n`;
  if ('error' in reply) return `-${reply.error}\r\n`;
  if ('bulk' in reply) return `$${reply.bulk.length}\r\n${reply.bulk}\r\n`;
  return `*${reply.length}\r\n${reply.map(encodeReply).join('')}`;
}

const needsScripting = (command: readonly string[]): boolean => command[0] === 'EVAL';

/** Runs a group from an empty database. */
export async function replayGroup(target: Target, group: ExampleGroup): Promise<void> {
  const client = await RawClient.open(target.port);
  try {
    await client.call('FLUSHALL');
    await replayCases(target, client, group.cases);
  } finally {
    client.close();
  }
}

export async function replayCases(
  target: Target,
  client: RawClient,
  cases: readonly ExampleCase[],
): Promise<void> {
  for (const { command, reply } of cases) {
    if (needsScripting(command) && !target.hasScripting) continue;
    const bytes = await client.callBytes(...command);
    expect([command, bytes]).toEqual([command, encodeReply(reply)]);
  }
}

/** Runs a scene of several clients from an empty database. */
export async function replayScene(target: Target, scene: ExampleScene): Promise<void> {
  const observer = await RawClient.open(target.port);
  const clients = new Map<string, RawClient>();
  const waiting = new Map<string, Promise<string>>();
  let blocked = 0;
  const clientOf = async (name: string): Promise<RawClient> => {
    const known = clients.get(name);
    if (known !== undefined) return known;
    const opened = await RawClient.open(target.port);
    clients.set(name, opened);
    return opened;
  };
  try {
    await observer.call('FLUSHALL');
    for (const step of scene.steps) {
      const client = await clientOf(step.client);
      if ('closes' in step) {
        client.close();
        clients.delete(step.client);
        if (waiting.delete(step.client)) blocked--;
        await untilBlocked(observer, blocked);
      } else if ('receives' in step) {
        const reply = await waiting.get(step.client);
        expect([step.client, reply]).toEqual([step.client, encodeReply(step.receives)]);
        waiting.delete(step.client);
        blocked--;
      } else if (step.reply !== undefined) {
        await replayCases(target, client, [{ command: step.sends, reply: step.reply }]);
      } else {
        waiting.set(step.client, client.callBytes(...step.sends));
        await untilBlocked(observer, ++blocked);
      }
    }
  } finally {
    for (const client of [observer, ...clients.values()]) client.close();
  }
}

/** Asks until the server has so many blocked clients. */
async function untilBlocked(observer: RawClient, count: number): Promise<void> {
  for (;;) {
    const info = await observer.call('INFO', 'clients');
    if (info.includes(`blocked_clients:${count}\r\n`)) return;
  }
}
