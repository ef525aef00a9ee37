// The same conversation of several clients with redcell and with a real redis-server.

import { expect } from 'vitest';
import { splitQuoted } from '../../host/lib/quoted-words.ts';
import { Oracle, type RawClient } from './oracle.ts';
import { Served } from './served.ts';

interface Listening {
  client(): Promise<RawClient>;
}

export class Talk {
  readonly redcell: Served;
  readonly oracle: Oracle;

  private constructor(redcell: Served, oracle: Oracle) {
    this.redcell = redcell;
    this.oracle = oracle;
  }

  static async start(...directives: string[]): Promise<Talk> {
    const oracle = await Oracle.start(...directives);
    return new Talk(await Served.start(), oracle);
  }

  async stop(): Promise<void> {
    await this.redcell.stop();
    await this.oracle.stop();
  }

  /**
   * Lines are `client > COMMAND words`, for a command with its reply, or `client <`, for one more
   * message. Clients connect when they are first named; an upper-case name speaks RESP3.
   */
  async expectSame(lines: readonly string[]): Promise<void> {
    const ours = await hold(this.redcell, lines);
    const theirs = await hold(this.oracle, lines);
    expect(ours).toEqual(theirs);
  }
}

async function hold(server: Listening, lines: readonly string[]): Promise<string[]> {
  const clients = new Map<string, RawClient>();
  try {
    return await converse(server, clients, lines);
  } finally {
    for (const client of clients.values()) client.close();
    await everybodyGone(server);
  }
}

async function converse(
  server: Listening,
  clients: Map<string, RawClient>,
  lines: readonly string[],
): Promise<string[]> {
  const transcript: string[] = [];
  for (const line of lines) {
    const [, name = '', sign, text = ''] = /^(\w+) ([<>]) ?(.*)$/.exec(line) ?? [];
    let client = clients.get(name);
    if (client === undefined) {
      client = await server.client();
      if (name !== name.toLowerCase()) await client.call('HELLO', 3);
      clients.set(name, client);
    }
    const answer = sign === '<' ? client.next() : client.call(...(splitQuoted(text) ?? []));
    transcript.push(`${line} → ${withoutIds(await answer)}`);
  }
  return transcript;
}

/** What clients leave behind (subscriptions, pauses, blocks) ends only when the server notices. */
async function everybodyGone(server: Listening): Promise<void> {
  const last = await server.client();
  for (;;) {
    const lines = await last.call('CLIENT', 'LIST');
    if ([...lines.matchAll(/^id=/gm)].length === 1) break;
  }
  last.close();
}

/** Client ids and ports differ; all else must not. */
function withoutIds(reply: string): string {
  return reply.replace(/127\.0\.0\.1:\d+/g, '<address>');
}
