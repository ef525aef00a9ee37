import { expect, test } from 'vitest';
import { Rate } from '../../host/lib/rate.ts';

test('a rate is the mean of the last samples, by time', () => {
  const rate = new Rate();
  expect(rate.perSecond).toBe(0);
  rate.sample(1000, 100);
  expect(rate.perSecond).toBe(0); // the first one only begins
  rate.sample(1010, 200);
  rate.sample(1040, 300);
  expect(rate.perSecond).toBe(200);
  for (let i = 1; i <= 16; i++) rate.sample(1040, 300 + i * 100);
  expect(rate.perSecond).toBe(0);
});
