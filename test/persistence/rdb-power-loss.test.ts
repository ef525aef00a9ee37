// The power goes at any operation of the disk while SAVE and BGSAVE write. What is found afterwards
// must be a whole dump: one that was begun, and no earlier than the last that was acknowledged.

import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { keyspaceDigest } from '../../host/keyspace/digest.ts';
import type { StorageFile } from '../../host/persistence/storage.ts';
import { TestInstance } from '../support/instance.ts';
import { MemoryDisk, type Survival } from '../support/memory-disk.ts';
import { type RandomBelow, randomOf } from '../support/seeded.ts';

const SEEDS = Number(process.env.POWER_LOSS_SEEDS ?? 150);
const DIR = tmpdir();
/** Several chunks in a dump, and no compression that makes one of them. */
const VALUE_BYTES = 50_000;
const SETTINGS = { dir: DIR, rdbcompression: 'no' };

const digestOf = (server: TestInstance): string => keyspaceDigest(server.instance.keyspace);
const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

interface Run {
  readonly disk: MemoryDisk;
  /** The data set of each dump that was begun, that of no dump first. */
  readonly dumps: string[];
  /** Index of the last of them that was acknowledged. */
  readonly acknowledged: number;
}

/** Works until the power goes, or to the end. */
async function run(random: RandomBelow, disk = new MemoryDisk(DIR)): Promise<Run> {
  const server = new TestInstance(SETTINGS, { storage: disk });
  const { snapshots } = server.instance;
  const dumps = [digestOf(server)];
  let acknowledged = 0;
  disk.dieAfter = disk.operations + 1 + random(60);
  for (let i = 0; i < 12 && !disk.isDead; i++) {
    change(server, random);
    const inBackground = random(2) === 0;
    dumps.push(digestOf(server));
    if (inBackground) {
      snapshots.start();
      for (let turns = random(4); turns > 0; turns--) {
        await nextTurn();
        change(server, random); // not part of the dump
      }
      if (random(8) === 0) snapshots.abort();
      await snapshots.whenIdle();
      if (server.logLines.at(-1)?.includes('terminated with success')) {
        acknowledged = dumps.length - 1;
      }
    } else if (snapshots.save()) {
      acknowledged = dumps.length - 1;
    }
  }
  return { disk, dumps, acknowledged };
}

function change(server: TestInstance, random: RandomBelow): void {
  const letter = String.fromCharCode(97 + random(26));
  server.raw('SET', `key-${random(6)}`, letter.repeat(1 + random(VALUE_BYTES)));
  server.raw('RPUSH', 'list', letter);
}

async function recover(disk: MemoryDisk): Promise<TestInstance> {
  const server = new TestInstance(SETTINGS, { storage: disk });
  await server.instance.snapshots.load();
  return server;
}

describe('after a power loss', () => {
  test.each<Survival>(['prefix', 'zeros', 'sectors'])(
    'there is a whole dump, and none older than the last one acknowledged (%s)',
    async (survival) => {
      let losses = 0;
      for (let seed = 0; seed < SEEDS; seed++) {
        const random = randomOf(seed);
        const { disk, dumps, acknowledged } = await run(random);
        if (disk.isDead) losses++;
        const found = disk.afterPowerLoss(survival, random);
        const server = await recover(found).catch((error) => {
          throw new Error(`seed ${seed}: ${(error as Error).message}`);
        });
        const survived = dumps.lastIndexOf(digestOf(server));
        expect(survived, `seed ${seed}: a state never dumped`).toBeGreaterThanOrEqual(0);
        expect(survived, `seed ${seed}: acknowledged, and lost`).toBeGreaterThanOrEqual(
          acknowledged,
        );
        expect(server.instance.snapshots.save()).toBe(true); // it can go on
        expect(digestOf(await recover(found))).toBe(digestOf(server));
      }
      expect(losses).toBeGreaterThan(SEEDS / 3);
    },
    60_000,
  );

  test.each([
    ['the file is not synced', { file: true }],
    ['the folder is not synced', { folder: true }],
  ])('the check can fail: %s', async (_what, skips: { file?: boolean; folder?: boolean }) => {
    let failures = 0;
    for (let seed = 0; seed < 60; seed++) {
      const random = randomOf(seed);
      const { disk, dumps, acknowledged } = await run(random, new ForgetfulDisk(skips));
      const server = await recover(disk.afterPowerLoss('prefix', random)).catch(() => null);
      if (server === null || dumps.lastIndexOf(digestOf(server)) < acknowledged) failures++;
    }
    expect(failures).toBeGreaterThan(0);
  });
});

/** Says that it has synced, and has not. */
class ForgetfulDisk extends MemoryDisk {
  readonly #skips: { readonly file?: boolean; readonly folder?: boolean };

  constructor(skips: { readonly file?: boolean; readonly folder?: boolean }) {
    super(DIR);
    this.#skips = skips;
  }

  override create(path: string): StorageFile {
    const file = super.create(path);
    if (!this.#skips.file) return file;
    return {
      ...file,
      sizeBytes: 0,
      fdatasync: (done) => void setImmediate(() => done(null)),
      fdatasyncNow: () => {},
    };
  }

  override syncDirectory(path: string): void {
    if (!this.#skips.folder) super.syncDirectory(path);
  }
}

test('a dump that fails for want of room leaves the one before', async () => {
  const disk = new MemoryDisk(DIR);
  const server = new TestInstance(SETTINGS, { storage: disk });
  change(server, randomOf(1));
  expect(server.instance.snapshots.save()).toBe(true);
  const before = disk.read(join(DIR, 'dump.rdb'));
  disk.freeBytes = 10;
  expect(server.instance.snapshots.save()).toBe(false);
  server.instance.snapshots.start();
  await server.instance.snapshots.whenIdle();
  expect(server.logLines.join('')).toContain('(rdbSaveRio): No space left on device');
  expect(disk.list(DIR)).toEqual(['dump.rdb']);
  expect(disk.read(join(DIR, 'dump.rdb'))).toEqual(before);
});
