import { expect, test } from 'vitest';
import { USAGE, versionText } from '../../host/process/usage.ts';

test('the version has the shape of redis-server’s', () => {
  expect(versionText()).toMatch(
    /^Redis server v=\d+\.\d+\.\d+ sha=\S+ malloc=\S+ bits=64 build=\S+\n$/,
  );
});

test('the usage shows each way to give a configuration', () => {
  for (const part of ['/path/to/redis.conf', '--port', 'redcell -', '--loadmodule']) {
    expect(USAGE).toContain(part);
  }
});
