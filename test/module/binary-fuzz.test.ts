// Our reader against V8's, for a while; `npm run siege -- validator` does it for longer.

import { expect, test } from 'vitest';
import { fuzz } from '../siege/validator.ts';

test('what V8 accepts is accepted, and what is accepted compiles or fails cleanly', {
  tags: ['slow'],
}, async () => {
  // Another seed each time: the failures name it.
  const seed = Math.floor(Math.random() * 2 ** 32);
  const { failures, ...numbers } = await fuzz({ seed, mutants: 3000, limitMs: 20_000 });
  expect(failures.map((failure) => `seed ${seed}, mutant ${failure}`)).toEqual([]);
  // The comparison means something: each kind of mutant occurs.
  expect(numbers.mutants).toBeGreaterThan(250);
  expect(numbers.valid / numbers.mutants).toBeGreaterThan(0.1);
  expect(numbers.invalid / numbers.mutants).toBeGreaterThan(0.4);
  expect(numbers.leftToV8).toBeGreaterThan(0);
});
