// kill -9 in the middle of writing: with appendfsync always, what was acknowledged is there.
// Also: host/persistence/aof-install.ts.

import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { SeededRandom } from '../../host/lib/random.ts';
import { startChildServer } from '../support/child-server.ts';
import { RawClient } from '../support/oracle.ts';

const ROUNDS = Number(process.env.KILL_ROUNDS ?? 3);
const CLIENTS = 8;
const PIPELINE = 16;

/** Pipelines INCR and RPUSH; counts the replies. */
class Writer {
  readonly name: string;
  /** Replies received: every second is INCR's, the others RPUSH's. */
  acknowledged: number;
  sent: number;

  constructor(name: string, before: number) {
    this.name = name;
    this.acknowledged = before;
    this.sent = before;
  }

  /** Resolves when the server is gone. */
  run(port: number): Promise<void> {
    return new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1');
      let rest = '';
      const send = (): void => {
        let text = '';
        for (let i = 0; i < PIPELINE; i++) text += this.#next();
        socket.write(text);
      };
      socket.on('connect', send);
      socket.on('data', (chunk) => {
        rest += chunk.toString('latin1');
        const lines = rest.split('\r\n');
        rest = lines.pop() as string; // split gives at least one
        for (const line of lines) if (line.startsWith(':')) this.acknowledged++;
        if (this.acknowledged === this.sent) send();
      });
      socket.on('error', () => {});
      socket.on('close', () => resolve());
    });
  }

  #next(): string {
    const number = this.sent++;
    if (number % 2 === 0) return `INCR count-${this.name}\r\n`;
    return `RPUSH list-${this.name} ${number}\r\n`;
  }
}

test('acknowledged writes survive kill -9 with appendfsync always', {
  timeout: 120_000,
}, async () => {
  const dir = mkdtempSync(join(tmpdir(), 'redcell-kill-'));
  const random = new SeededRandom();
  const before = new Map<string, number>();
  let acknowledged = 0;
  try {
    for (let round = 0; round < ROUNDS; round++) {
      const server = await startChildServer(dir, '--appendonly', 'yes', '--appendfsync', 'always');
      const writers = Array.from({ length: CLIENTS }, (_, i) => {
        return new Writer(`${i}`, before.get(`${i}`) ?? 0);
      });
      const runs = writers.map((writer) => writer.run(server.port));
      const rewriter = await RawClient.open(server.port);
      if (round % 2 === 1) await rewriter.call('bgrewriteaof');
      await new Promise((resolve) => setTimeout(resolve, 200 + random.below(800)));
      server.kill('SIGKILL');
      await Promise.all([...runs, server.ended]);
      rewriter.close();

      const again = await startChildServer(dir, '--appendonly', 'yes', '--appendfsync', 'always');
      const client = await RawClient.open(again.port);
      for (const writer of writers) {
        const count = Number(
          (await client.call('get', `count-${writer.name}`)).split('\r\n')[1] ?? 0,
        );
        const length = Number((await client.call('llen', `list-${writer.name}`)).slice(1));
        const survived = (count || 0) + length;
        expect(survived, `round ${round}, client ${writer.name}`).toBeGreaterThanOrEqual(
          writer.acknowledged,
        );
        expect(survived, `round ${round}, client ${writer.name}`).toBeLessThanOrEqual(writer.sent);
        // Commands of one client are there in order: the counts differ by one at most.
        expect(Math.abs((count || 0) - length)).toBeLessThanOrEqual(1);
        acknowledged += writer.acknowledged - (before.get(writer.name) ?? 0);
        before.set(writer.name, survived);
      }
      client.close();
      again.kill('SIGKILL');
      await again.ended;
    }
    expect(acknowledged).toBeGreaterThan(ROUNDS * 100);
    process.stdout.write(`${acknowledged} acknowledged writes in ${ROUNDS} rounds, 0 lost\n`);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});
