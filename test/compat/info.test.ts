import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasOracle, Oracle } from '../support/oracle.ts';
import { Served } from '../support/served.ts';

/** Sections whose fields are named after commands. */
const BY_COMMAND = new Set(['Commandstats', 'Latencystats']);

describe.skipIf(!hasOracle)('INFO has what redis-server has', () => {
  let oracle: Oracle;
  let redcell: Served;
  beforeAll(async () => {
    oracle = await Oracle.start();
    redcell = await Served.start();
  });
  afterAll(async () => {
    await redcell?.stop();
    await oracle?.stop();
  });

  const selections = [[], ['default'], ['all'], ['everything'], ['server', 'CLIENTS'], ['nosuch']];
  test.each(selections)('sections of INFO %s %s', async (...words) => {
    const theirs = [...(await sectionsOf(oracle, words)).keys()];
    const ours = [...(await sectionsOf(redcell, words)).keys()];
    expect(ours).toEqual(theirs);
  });

  test('every field, in the same order', async () => {
    const theirs = await sectionsOf(oracle, ['everything']);
    const ours = await sectionsOf(redcell, ['everything']);
    for (const [section, fields] of theirs) {
      if (BY_COMMAND.has(section)) continue;
      const common = (ours.get(section) ?? []).filter((field) => fields.includes(field));
      expect(common, section).toEqual(fields);
    }
  });

  test('statistics of commands in the same form', async () => {
    const lineOf = async (server: Oracle | Served): Promise<string | undefined> => {
      const client = await server.client();
      await client.call('PING');
      const text = await client.call('INFO', 'commandstats');
      client.close();
      return /^cmdstat_ping:.*/m
        .exec(text)?.[0]
        .replace(/[\d.]+/g, '<n>')
        .trim();
    };
    expect(await lineOf(redcell)).toBe(await lineOf(oracle));
  });
});

async function sectionsOf(
  server: Oracle | Served,
  words: readonly string[],
): Promise<Map<string, string[]>> {
  const client = await server.client();
  await client.call('SET', 'k', 'v');
  await client.call('NOSUCH');
  const text = await client.call('INFO', ...words);
  client.close();
  const sections = new Map<string, string[]>();
  let fields: string[] = [];
  for (const line of text.split('\r\n')) {
    if (line.startsWith('# ')) {
      fields = [];
      sections.set(line.slice(2), fields);
    } else if (line.includes(':')) {
      fields.push(line.slice(0, line.indexOf(':')));
    }
  }
  return sections;
}
