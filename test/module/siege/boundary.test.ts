// Every function of the ABI with every bad argument, and that the checks see what they look for.

import { describe, expect, test } from 'vitest';
import { allFunctions } from '../../../abi/index.ts';
import { Boundary, runBoundary } from '../../siege/boundary.ts';

test('every bad argument of every function ends in a trap that names it, or in a result', {
  tags: ['slow'],
}, async () => {
  const report = await runBoundary();
  expect(report.findings).toEqual([]);
  expect(report.neighbour.wrong).toBe(0);
  expect(report.cases).toBeGreaterThan(10_000);
  // Most are refused; what is answered are functions that do not need the argument.
  expect(report.trapped).toBeGreaterThan(report.cases * 0.7);
  expect(report.skipped).toBeLessThan(10);
});

describe('the checks see', () => {
  const fn = allFunctions().find(({ name }) => name === 'RedisModule_DbSize');
  if (fn === undefined) throw new Error('it is in the table');

  const findings = async (
    call: (probe: Parameters<NonNullable<Parameters<typeof Boundary.make>[0]>>[0]) => number,
  ): Promise<string> => {
    let isBad = false;
    const boundary = await Boundary.make((probe, name) => {
      if (isBad) return () => call(probe);
      return probe.m.exported(name) as () => number; // of the ABI
    });
    isBad = true;
    boundary.run({ fn, bad: new Map() });
    return boundary.report.findings.join('\n');
  };

  test('an error of the host', async () => {
    const found = await findings(() => {
      throw new TypeError('x is undefined');
    });
    expect(found).toMatch(/DbSize\(\): .*internal error in siege.case: TypeError: x is undefined/);
  });

  test('memory that stays', async () => {
    expect(await findings(({ m }) => m.alloc(64))).toMatch(/DbSize\(\): holds {"bytes":/);
  });

  test('a handle that stays', async () => {
    expect(await findings((probe) => probe.string('x'))).toMatch(/holds .*"handles":"0,1,/);
  });

  test('a change that is not rolled back', async () => {
    const found = await findings(({ server }) => {
      server.instance.keyspace.journal.commit();
      server.instance.keyspace.flush(null, false);
      return 0;
    });
    expect(found).toContain('has changed the data');
  });

  test('a call that takes too long', async () => {
    const found = await findings(() => {
      const endMs = performance.now() + 120;
      while (performance.now() < endMs);
      return 0;
    });
    expect(found).toMatch(/took \d+ ms/);
  });
});
