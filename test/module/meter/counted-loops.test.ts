import { expect, test } from 'vitest';
import { readWasm } from '../../../host/module/binary.ts';
import { wat } from '../wat.ts';

/** Rounds found for each loop of a body. */
function rounds(body: string): readonly number[] {
  return readWasm(wat(`(module (func (local i32 i32) ${body}))`)).code.rounds.slice(1);
}

const LOOP = (more: string, tail = '(i32.const 16) i32.ne'): string => `(loop $l ${more}
  local.get 0 i32.const 4 i32.add local.tee 0 ${tail} br_if $l)`;

test('a counter from one constant to another', () => {
  expect(rounds(`(local.set 0 (i32.const 0)) ${LOOP('')}`)).toEqual([4]);
  expect(
    rounds(`(local.set 0 (i32.const -80)) (local.set 1 (i32.const 9)) ${LOOP('', '')}`),
  ).toEqual([20]);
});

test.each([
  ['an unknown start', LOOP('')],
  ['a start from elsewhere', `(local.set 0 (local.get 1)) ${LOOP('')}`],
  ['an end that is stepped over', `(local.set 0 (i32.const 1)) ${LOOP('')}`],
  ['an end behind the start', `(local.set 0 (i32.const 20)) ${LOOP('')}`],
  ['another set inside', `(local.set 0 (i32.const 0)) ${LOOP('(local.set 0 (local.get 1))')}`],
  ['another way back', `(local.set 0 (i32.const 0)) ${LOOP('(br_if $l (local.get 1))')}`],
  ['another table back', `(local.set 0 (i32.const 0)) ${LOOP('(br_table $l (local.get 1))')}`],
  [
    'a join between the start and the loop',
    `(if (local.get 1) (then (local.set 0 (i32.const 0)))) ${LOOP('')}`,
  ],
  [
    'a start that was for another path',
    `(if (local.get 1) (then (local.set 0 (i32.const 0))) (else ${LOOP('')}))`,
  ],
  [
    'something between the tail and the end',
    `(local.set 0 (i32.const 0)) (loop $l local.get 0 i32.const 4 i32.add local.tee 0
      i32.const 16 i32.ne br_if $l (local.set 1 (i32.const 0)) (br $l))`,
  ],
])('not with %s', (_, body) => {
  expect(rounds(body)).toEqual([0]);
});

test('an inner loop is counted, the one around it is not', () => {
  const body = `(loop $o (local.set 0 (i32.const 0)) ${LOOP('')} (br_if $o (local.get 1)))`;
  expect(rounds(body)).toEqual([0, 4]);
});
