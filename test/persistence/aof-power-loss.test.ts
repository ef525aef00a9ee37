// The power goes at any operation of the disk. What is found afterwards must be the data set as
// it was after some command, and no earlier than the last one that was acknowledged.

import { describe, expect, test } from 'vitest';
import { AofInstance, type Turn } from '../support/aof-instance.ts';
import { MemoryDisk, type Survival } from '../support/memory-disk.ts';
import { type RandomBelow, randomOf } from '../support/seeded.ts';

const TURNS = 24;
const SEEDS = Number(process.env.POWER_LOSS_SEEDS ?? 600);

interface Run {
  readonly disk: MemoryDisk;
  /** The data set after each command, the empty one first. */
  readonly states: string[];
  /** How many commands must have survived. */
  readonly acknowledged: number;
}

/** Works until the power goes, or to the end. */
async function run(seed: number, fsync: 'always' | 'everysec', random: RandomBelow): Promise<Run> {
  const disk = new MemoryDisk('/data');
  const usesRdb = seed % 2 === 0;
  const server = new AofInstance(disk, { fsync, usesRdb });
  const states = [server.contents()];
  const turns: { turn: Turn; commands: number }[] = [];
  try {
    await server.boot();
    disk.dieAfter = disk.operations + 1 + random(90);
    for (let i = 0; i < TURNS && !disk.isDead; i++) {
      const turn = randomTurn(server, states, random);
      turns.push({ turn, commands: states.length - 1 });
      if (random(6) === 0) server.turn('bgrewriteaof');
      if (random(4) === 0) server.pass(100 * random(12));
      if (random(2) === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await server.aof.whenIdle();
  } catch (error) {
    if (!disk.isDead) throw error;
  }
  for (let i = 0; i < 4; i++) await new Promise((resolve) => setImmediate(resolve));
  const released = turns.filter(({ turn }) => turn.outcome === 'released');
  const acknowledged = fsync === 'always' ? (released.at(-1)?.commands ?? 0) : 0;
  return { disk, states, acknowledged };
}

/** Some commands in one turn; notes the data set after each. */
function randomTurn(server: AofInstance, states: string[], random: RandomBelow): Turn {
  const replies: string[] = [];
  for (let count = 1 + random(3); count > 0; count--) {
    const number = states.length;
    if (random(4) === 0) {
      for (const line of ['multi', `rpush log ${number}`, 'incr n', `set last ${number}`, 'exec']) {
        replies.push(server.raw(...line.split(' ')));
      }
    } else {
      replies.push(server.raw('rpush', 'log', `${number}-${'x'.repeat(random(800))}`));
    }
    if ((replies.at(-1) as string).startsWith('-MISCONF')) break;
    states.push(server.contents());
  }
  const turn: Turn = { replies, outcome: 'held' };
  const isReleased = server.aof.endTurn((failure) => {
    turn.outcome = failure ?? 'released';
  });
  // Replies that are errors acknowledge nothing.
  if (isReleased) turn.outcome = server.aof.writer.failure ?? 'released';
  server.endTurn();
  return turn;
}

async function recover(disk: MemoryDisk): Promise<AofInstance> {
  const server = new AofInstance(disk);
  await server.boot();
  return server;
}

describe('after a power loss', () => {
  test.each<[string, 'always' | 'everysec', Survival]>([
    ['with appendfsync always, files cut anywhere', 'always', 'prefix'],
    ['with appendfsync always, lost bytes found as zeros', 'always', 'zeros'],
    ['with appendfsync everysec', 'everysec', 'prefix'],
  ])('%s: a prefix, and all that was acknowledged', async (_name, fsync, survival) => {
    let losses = 0;
    for (let seed = 0; seed < SEEDS; seed++) {
      const random = randomOf(seed);
      const { disk, states, acknowledged } = await run(seed, fsync, random);
      if (disk.isDead) losses++;
      const found = disk.afterPowerLoss(survival, random);
      const server = await recover(found).catch((error) => {
        throw new Error(`seed ${seed}: ${(error as Error).message}`);
      });
      const survived = states.lastIndexOf(server.contents());
      expect(survived, `seed ${seed}: a state that never was`).toBeGreaterThanOrEqual(0);
      expect(survived, `seed ${seed}: acknowledged, and lost`).toBeGreaterThanOrEqual(acknowledged);
      server.turn('set after 1'); // it can go on
      expect((await recover(found)).contents()).toBe(server.contents());
    }
    expect(losses).toBeGreaterThan(SEEDS / 3);
  });

  test('with sectors lost in the middle: a prefix, or a refusal that says where', async () => {
    for (let seed = 0; seed < SEEDS / 4; seed++) {
      const random = randomOf(seed);
      const { disk, states, acknowledged } = await run(seed, 'always', random);
      const server = new AofInstance(disk.afterPowerLoss('sectors', random));
      try {
        await server.boot();
      } catch (error) {
        expect((error as Error).message, `seed ${seed}`).toMatch(/offset \d+/);
        continue;
      }
      const survived = states.lastIndexOf(server.contents());
      // A lost sector inside of a long value is not noticed: commands carry no checksums.
      const isZeroed = server.contents().includes('\\u0000');
      if (!isZeroed) expect(survived, `seed ${seed}`).toBeGreaterThanOrEqual(acknowledged);
    }
  });

  test('the check can fail: with appendfsync no, acknowledged writes are lost', async () => {
    const disk = new MemoryDisk('/data');
    const server = await new AofInstance(disk, { fsync: 'no' }).boot();
    expect(server.turn('set a 1').outcome).toBe('released');
    const found = await recover(disk.afterPowerLoss('prefix', () => 0));
    expect(found.contents()).toBe('');
  });
});
