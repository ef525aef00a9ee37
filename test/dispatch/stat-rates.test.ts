import { expect, test } from 'vitest';
import { SERVER_FACTS } from '../../host/dispatch/server-facts.ts';
import { STAT_RATES } from '../../host/dispatch/stat-rates.ts';
import { TestInstance } from '../support/instance.ts';

test('operations a second follow what is done, and are reset with the statistics', () => {
  const redcell = new TestInstance();
  redcell.instance.start();
  for (let tenth = 0; tenth < 10; tenth++) {
    redcell.advance(100);
    for (let i = 0; i < 5; i++) redcell.raw('PING');
  }
  const rates = redcell.instance.services.get(STAT_RATES);
  expect(Math.round(rates.commands.perSecond)).toBeGreaterThanOrEqual(40);
  expect(redcell.raw('INFO', 'stats')).toMatch(/instantaneous_ops_per_sec:[45]\d\r\n/);
  redcell.raw('CONFIG', 'RESETSTAT');
  expect(rates.commands.perSecond).toBe(0);
});

test('an instance has an id of its own and starts as a master', () => {
  const facts = (): { runId: string } => new TestInstance().instance.services.get(SERVER_FACTS);
  expect(facts().runId).toMatch(/^[0-9a-f]{40}$/);
  expect(facts().runId).not.toBe(facts().runId);
});
