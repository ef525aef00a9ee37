import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { systemErrorText } from '../../host/lib/system-error.ts';

function thrownBy(action: () => void): NodeJS.ErrnoException {
  try {
    action();
  } catch (error) {
    return error as NodeJS.ErrnoException; // fs throws these
  }
  throw new Error('it did not throw');
}

test('a missing file is said as C says it', () => {
  const error = thrownBy(() => readFileSync('/nowhere/at/all'));
  expect(systemErrorText(error)).toBe('No such file or directory');
});

test('a folder where a file is wanted, too', () => {
  expect(systemErrorText(thrownBy(() => readFileSync('/')))).toBe('Is a directory');
});

test('a port that is taken, too', async () => {
  const first = createServer();
  await new Promise<void>((resolve) => first.listen(0, '127.0.0.1', resolve));
  const second = createServer();
  const error = await new Promise<NodeJS.ErrnoException>((resolve) => {
    second.once('error', resolve);
    second.listen(first.address());
  });
  first.close();
  expect(systemErrorText(error)).toBe('Address already in use');
});

test('an error that the system does not number keeps its message', () => {
  expect(systemErrorText(new Error('something else'))).toBe('Something else');
});
