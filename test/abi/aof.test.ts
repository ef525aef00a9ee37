import { beforeEach, expect, test } from 'vitest';
import { ERRNO } from '../../abi/exports.ts';
import type { ByteString } from '../../host/lib/bytes.ts';
import { DataType } from '../../host/module/data-type.ts';
import { Probe } from '../support/probe.ts';
import { makeType, setValue } from '../support/probe-type.ts';

let probe: Probe;

beforeEach(async () => {
  probe = await Probe.load();
});

/** The commands that the rewrite callback emits for a key. */
function rewrite(body: (io: number, key: number) => void): string[][] {
  const handle = makeType(probe, {
    aof_rewrite: (io, key) => body(Number(io), Number(key)),
  });
  setValue(probe, handle, 'k', 4096);
  const emitted: string[][] = [];
  const type = probe.m.registry.types[0];
  if (!(type instanceof DataType)) throw new Error('the type was registered');
  const db = probe.server.instance.keyspace.database(0);
  const value = [...probe.server.instance.keyspace.usedDatabases()].length && db;
  expect(value).toBe(db);
  type.rewrite(
    probeValue(),
    { key: 'k' as ByteString, databaseIndex: 0 },
    (words) => void emitted.push([...words]),
  );
  return emitted;
}
