import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  HANDLE_KIND_MAX,
  HandleTable,
  SCOPE_MAX_DEPTH,
  SCOPED_HANDLE_MAX_COUNT,
} from '../../host/module/handles.ts';
import { ModuleTrap } from '../../host/module/trap.ts';

const STRING = 1;
const KEY = 2;
const REPLY = 17; // its handles are negative i32s
const KIND_NAMES = Array.from({ length: 20 }, (_, kind) => `kind-${kind}`);
KIND_NAMES[STRING] = 'RedisModuleString';
KIND_NAMES[KEY] = 'RedisModuleKey';

function make(): { table: HandleTable; released: [number, object][] } {
  const released: [number, object][] = [];
  const table = new HandleTable(KIND_NAMES, (kind, object) => released.push([kind, object]));
  return { table, released };
}

describe('a handle', () => {
  test('leads to its object until it is released', () => {
    const { table, released } = make();
    const object = { name: 'a' };
    const handle = table.create(STRING, object);
    expect(handle).not.toBe(0);
    expect(table.get(handle, STRING)).toBe(object);
    expect(table.has(handle, STRING)).toBe(true);
    expect(table.release(handle, STRING)).toBe(object);
    expect(table.has(handle, STRING)).toBe(false);
    expect(released).toEqual([]);
  });

  test('is the same handle signed and unsigned', () => {
    const { table } = make();
    const object = {};
    const handle = table.create(REPLY, object);
    expect(handle).toBeLessThan(0);
    expect(table.get(handle >>> 0, REPLY)).toBe(object);
    expect(table.has(handle >>> 0, REPLY)).toBe(true);
    expect(table.release(handle >>> 0, REPLY)).toBe(object);
  });

  test('is refused with the reason when it was freed', () => {
    const { table } = make();
    const handle = table.create(STRING, {});
    table.release(handle, STRING);
    const message =
      /^argument 'str': handle 0x[0-9a-f]{8} was freed \(it was a RedisModuleString\)/;
    expect(() => table.get(handle, STRING, 'str')).toThrow(message);
    expect(() => table.release(handle, STRING, 'str')).toThrow(message);
    expect(() => table.retain(handle, STRING, 'str')).toThrow(ModuleTrap);
  });

  test('is refused with the reason when it is of another kind', () => {
    const { table } = make();
    const handle = table.create(KEY, {});
    expect(() => table.get(handle, STRING)).toThrow(
      /is a RedisModuleKey, not a live RedisModuleString$/,
    );
    expect(table.has(handle, STRING)).toBe(false);
  });

  test('is refused with the reason when it was never issued', () => {
    const { table } = make();
    const real = table.create(STRING, {});
    for (const forged of [1, -1, 12_345, real + 1, real + (1 << 22), 2 ** 31, 2 ** 32 - 1]) {
      expect(() => table.get(forged, STRING)).toThrow(/was never issued, not a live Redis/);
      expect(table.has(forged, STRING)).toBe(false);
    }
    expect(() => table.get(0, STRING)).toThrow(/is NULL/);
    expect(() => table.get(0, 0)).toThrow(/is NULL/);
    expect(table.has(0, 0)).toBe(false);
  });

  test('of a reused slot is still recognised as stale, for thousands of handles', () => {
    const { table } = make();
    const stale = table.create(STRING, {});
    table.release(stale, STRING);
    for (let i = 0; i < 8000; i++) {
      const handle = table.create(STRING, {});
      expect(handle).not.toBe(stale);
      expect(table.has(stale, STRING)).toBe(false);
      table.release(handle, STRING);
    }
  });

  test('kind must be one that has a name', () => {
    const { table } = make();
    expect(() => table.create(0, {})).toThrow(RangeError);
    expect(() => table.create(KIND_NAMES.length, {})).toThrow(RangeError);
    const tooMany = Array.from({ length: HANDLE_KIND_MAX + 2 }, String);
    expect(() => new HandleTable(tooMany, () => undefined)).toThrow(RangeError);
  });
});

describe('a scope', () => {
  test('releases what it holds when it closes, newest first', () => {
    const { table, released } = make();
    const [a, b] = [{ name: 'a' }, { name: 'b' }];
    const scope = table.openScope();
    const handle = table.create(STRING, a);
    table.create(KEY, b);
    table.closeScope(scope);
    expect(released).toEqual([
      [KEY, b],
      [STRING, a],
    ]);
    expect(() => table.get(handle, STRING)).toThrow(/was freed/);
    expect([table.liveCount, table.scopedCount, table.depth]).toEqual([0, 0, 0]);
  });

  test('leaves alone what was retained, released or created retained', () => {
    const { table, released } = make();
    const scope = table.openScope();
    const kept = table.create(STRING, {});
    const gone = table.create(STRING, {});
    const lasting = table.createRetained(STRING, {});
    table.retain(kept, STRING);
    table.retain(kept, STRING); // twice is once
    table.release(gone, STRING);
    table.closeScope(scope);
    expect(released).toEqual([]);
    expect(table.has(kept, STRING) && table.has(lasting, STRING)).toBe(true);
    expect([table.liveCount, table.scopedCount]).toEqual([2, 0]);
  });

  test('closes those inside it that a trap left open', () => {
    const { table, released } = make();
    const outer = table.openScope();
    const a = table.create(STRING, {});
    const middle = table.openScope();
    table.create(STRING, {});
    table.openScope();
    table.create(STRING, {});
    table.closeScope(middle);
    expect(released.length).toBe(2);
    expect(table.has(a, STRING)).toBe(true);
    expect(table.depth).toBe(1);
    table.closeScope(outer);
    expect(() => table.closeScope(outer)).toThrow(RangeError);
  });

  test('may lose handles to the release of others', () => {
    const released: number[] = [];
    let first = 0;
    const table: HandleTable = new HandleTable(KIND_NAMES, (kind) => {
      released.push(kind);
      if (kind === KEY) table.release(first, STRING); // a key gives back the string it made
    });
    const scope = table.openScope();
    first = table.create(STRING, {});
    table.create(KEY, {});
    table.closeScope(scope);
    expect(released).toEqual([KEY]);
    expect(table.liveCount).toBe(0);
  });

  test('holds no record of handles that were released: a long loop costs nothing', () => {
    const { table } = make();
    const scope = table.openScope();
    for (let i = 0; i < 300_000; i++) table.release(table.create(STRING, table), STRING);
    expect(table.scopedCount).toBe(0);
    table.closeScope(scope);
  });

  test('may hold 100,000 live handles, and retained ones are not counted', () => {
    const { table } = make();
    const scope = table.openScope();
    for (let i = 0; i < 1000; i++) table.retain(table.create(STRING, table), STRING);
    for (let i = 0; i < SCOPED_HANDLE_MAX_COUNT; i++) table.create(STRING, table);
    expect(() => table.create(STRING, table)).toThrow(/more than 100000 handles live in one call/);
    table.closeScope(scope);
    expect(table.liveCount).toBe(1000);
    expect(table.countByKind()[STRING]).toBe(1000);
  });

  test('may nest to a limit', () => {
    const { table } = make();
    for (let i = 1; i < SCOPE_MAX_DEPTH; i++) expect(table.openScope()).toBe(i);
    expect(() => table.openScope()).toThrow(ModuleTrap);
    table.closeScope(1);
    expect(table.depth).toBe(0);
  });
});

test('forEach visits every live handle and may release it', () => {
  const { table } = make();
  const handles = Array.from({ length: 1000 }, (_, i) => table.createRetained(1 + (i % 19), { i }));
  const seen: number[] = [];
  table.forEach((handle, kind) => {
    seen.push(handle);
    table.release(handle, kind);
  });
  expect(seen).toEqual(handles);
  expect(table.liveCount).toBe(0);
});

test('agrees with a model under random use', () => {
  const step = fc.record({
    action: fc.constantFrom(
      'create',
      'create',
      'keep',
      'release',
      'retain',
      'open',
      'close',
      'stale',
    ),
    kind: fc.integer({ min: 1, max: 19 }),
    pick: fc.nat(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
      const { table } = make();
      const live = new Map<number, { kind: number; object: object; scope: number }>();
      const dead: [number, number][] = [];
      for (const { action, kind, pick } of steps) {
        const handle = [...live.keys()][pick % Math.max(live.size, 1)];
        const entry = handle === undefined ? undefined : live.get(handle);
        if (action === 'create' || action === 'keep') {
          const object = {};
          const made =
            action === 'keep' ? table.createRetained(kind, object) : table.create(kind, object);
          expect(live.has(made)).toBe(false);
          live.set(made, { kind, object, scope: action === 'keep' ? 0 : table.depth });
        } else if (action === 'open' && table.depth < 5) table.openScope();
        else if (action === 'close' && table.depth > 0) {
          const depth = 1 + (pick % table.depth);
          table.closeScope(depth);
          for (const [its, value] of live) {
            if (value.scope < depth) continue;
            live.delete(its);
            dead.push([its, value.kind]);
          }
        } else if (action === 'release' && handle !== undefined && entry !== undefined) {
          expect(table.release(handle, entry.kind)).toBe(entry.object);
          live.delete(handle);
          dead.push([handle, entry.kind]);
        } else if (action === 'retain' && handle !== undefined && entry !== undefined) {
          table.retain(handle, entry.kind);
          entry.scope = 0;
        }
      }
      for (const [handle, { kind, object }] of live) expect(table.get(handle, kind)).toBe(object);
      for (const [handle, kind] of dead) expect(table.has(handle, kind)).toBe(false);
      expect(table.liveCount).toBe(live.size);
      expect(table.scopedCount).toBe([...live.values()].filter(({ scope }) => scope > 0).length);
    }),
  );
});

test('handles issued after a mark can be visited, and released on the way', () => {
  const table = new HandleTable(['nothing', 'thing'], () => {});
  const old = Array.from({ length: 300 }, () => table.createRetained(1, {}));
  for (const handle of old.slice(0, 280)) table.release(handle, 1);
  const mark = table.issued;
  const fresh = Array.from({ length: 1000 }, () => table.createRetained(1, {}));
  table.release(fresh.shift() as number, 1);
  const seen: number[] = [];
  table.forEachSince(mark, (handle, kind) => {
    seen.push(handle);
    table.release(handle, kind);
  });
  expect(seen.sort()).toEqual(fresh.sort());
  expect(table.liveCount).toBe(20);
  table.forEachSince(table.issued, () => expect.unreachable());
});
