import { describe, expect, test } from 'vitest';
import { protectedMode } from '../../host/net/protected-mode.ts';

describe('protected mode', () => {
  test.each([['127.0.0.1'], ['127.9.9.9'], ['::1'], ['::ffff:127.0.0.1'], [undefined]])(
    '%s is this machine',
    (address) => {
      expect(protectedMode(() => true)(address)).toBeNull();
    },
  );

  test.each([['10.0.0.1'], ['::ffff:10.0.0.1'], ['2001:db8::1']])('%s is refused', (address) => {
    expect(protectedMode(() => true)(address)).toMatch(
      /^DENIED Redis is running in protected mode/,
    );
  });

  test('nobody is refused when it is off', () => {
    expect(protectedMode(() => false)('10.0.0.1')).toBeNull();
  });
});
