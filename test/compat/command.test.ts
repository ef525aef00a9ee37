import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { catalog } from '../../host/commands/all.ts';
import { hasRedis, type Oracle, startOracle } from '../lib/redis-oracle.ts';
import {
  CHANGED_IN_72,
  compareWithOracle,
  NEW_IN_72,
  oracleCommandFacts,
} from '../support/command-facts.ts';
import { connect } from '../support/connected.ts';
import { TestInstance } from '../support/instance.ts';

/** What only redcell has. */
const EXTRA = new Set([
  'module',
  'module|incidents',
  'module|lasterror',
  'module|memory',
  'module|resume',
]);

describe.skipIf(!hasRedis)('COMMAND tells what redis-server tells', () => {
  let oracle: Oracle;
  beforeAll(async () => {
    oracle = await startOracle();
  });
  afterAll(() => oracle?.close());

  test('of every command that exists', async () => {
    const facts = await oracleCommandFacts(oracle);
    const problems = compareWithOracle(catalog.entries, facts, { isComplete: false, extra: EXTRA });
    expect(problems).toEqual([]);
  });

  test('byte for byte, as far as 7.2 changed nothing and the order is given', async () => {
    const redcell = connect(new TestInstance());
    let compared = 0;
    for (const entry of catalog.entries) {
      if (entry.subcommands.size > 0 || CHANGED_IN_72[entry.name]?.includes('flags')) continue;
      if (NEW_IN_72.has(entry.name) || CHANGED_IN_72[entry.name]?.includes('arity')) continue;
      const theirs = await oracle.call('COMMAND', 'INFO', entry.name);
      const facts = flatten(theirs);
      if (facts.includes('notes') || CHANGED_IN_72[entry.name]?.includes('tips')) continue;
      expect(wordsOf(redcell.raw('COMMAND', 'INFO', entry.name)), entry.name).toEqual(facts);
      compared++;
    }
    expect(compared).toBeGreaterThan(50);
  });
});

/** The leaves of a reply in order. */
function flatten(reply: unknown): string[] {
  return Array.isArray(reply) ? reply.flatMap(flatten) : [String(reply)];
}

/** The leaves of a raw RESP2 reply in order. */
function wordsOf(raw: string): string[] {
  const words: string[] = [];
  for (let at = 0; at < raw.length; ) {
    const end = raw.indexOf('\r\n', at);
    const text = raw.slice(at + 1, end);
    const type = raw[at];
    at = end + 2;
    if (type === '*') continue;
    if (type !== '$') {
      words.push(text);
      continue;
    }
    words.push(raw.slice(at, at + Number(text)));
    at += Number(text) + 2;
  }
  return words;
}
