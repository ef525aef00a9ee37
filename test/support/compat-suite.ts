// The form of a differential test: a table of command sequences, and random commands, both in
// RESP2 and RESP3, run on redcell and on a real redis-server.

import fc from 'fast-check';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { Differential, type Word } from './differential.ts';
import type { TestInstance } from './instance.ts';
import { hasOracle } from './oracle.ts';

export interface CompatSuite {
  readonly name: string;
  /** Commands separated by blanks, `''` and `'a b'` quoted; run in order on empty servers. */
  readonly sequences: Readonly<Record<string, readonly string[]>>;
  /** One random command; keys should be few, so that commands meet. */
  readonly command: fc.Arbitrary<Word[]>;
  /** Lower-case names of commands whose replies have no order. */
  readonly unordered?: readonly string[];
}

/** In all about 2,000 random commands, half of them in each protocol; more to fuzz for longer. */
const RUNS = Number(process.env.COMPAT_RUNS ?? 35);
const COMMANDS_A_RUN = 40;

/** Registers the tests of one group of commands; they skip where there is no redis-server. */
export function compatSuite(suite: CompatSuite): void {
  const { name, sequences, command, unordered = [] } = suite;
  describe.skipIf(!hasOracle).each([2, 3] as const)(
    `${name} commands do as redis-server does in RESP%i`,
    (protocol) => {
      let both: Differential;
      beforeAll(async () => {
        both = await Differential.start({ protocol, unordered });
      });
      afterAll(() => both?.stop());

      test.each(Object.entries(sequences))('%s', async (_title, lines) => {
        await both.expectSame(lines.map(wordsOf));
      });

      test('random commands', { timeout: 120_000 }, async () => {
        await both.expectSameOf(command, RUNS, COMMANDS_A_RUN);
      });
    },
  );

  test.skipIf(!hasOracle)(
    `random ${name} commands on large encodings`,
    async () => {
      const limits = { directives: TINY_DIRECTIVES, prepare: setTinyLimits };
      const both = await Differential.start({ unordered, ...limits });
      await both.expectSameOf(command, RUNS, COMMANDS_A_RUN);
      await both.stop();
    },
    120_000,
  );
}

/** So few elements are compact that random commands meet the large encodings too. */
const TINY = '2';
const TINY_DIRECTIVES = {
  'hash-max-listpack-entries': TINY,
  'set-max-intset-entries': TINY,
  'zset-max-listpack-entries': TINY,
  'list-max-listpack-size': TINY,
};

function setTinyLimits({ instance }: TestInstance): void {
  const { limits } = instance.keyspace;
  limits.hashMaxListpackEntries = Number(TINY);
  limits.setMaxIntsetEntries = Number(TINY);
  limits.setMaxListpackEntries = 0; // Redis 7.0 has no listpack sets
  limits.zsetMaxListpackEntries = Number(TINY);
  limits.listMaxListpackSize = Number(TINY);
}

/** Splits at blanks; quoted words may hold blanks or nothing. */
export function wordsOf(line: string): string[] {
  return [...line.matchAll(/'([^']*)'|(\S+)/g)].map((match) => match[1] ?? match[2] ?? '');
}

/** A random command of fixed and random words. */
export function words(...parts: (string | fc.Arbitrary<Word>)[]): fc.Arbitrary<Word[]> {
  const each = parts.map((part) => (typeof part === 'string' ? fc.constant<Word>(part) : part));
  return fc.tuple(...each).map((all) => [...all]);
}
