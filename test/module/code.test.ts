import { describe, expect, test } from 'vitest';
import { loadCode, loadCodeNow } from '../../host/module/code.ts';
import { ModuleLoadError } from '../../host/module/load-error.ts';
import { guest } from '../support/guest.ts';
import { TestInstance } from '../support/instance.ts';

describe('code', () => {
  test('is compiled once for all instances of the process', async () => {
    const bytes = guest({ name: 'shared' });
    const code = await loadCode(bytes);
    expect(await loadCode(Buffer.from(bytes))).toBe(code);
    expect(loadCodeNow(bytes)).toBe(code);
    expect(await loadCode(guest({ name: 'other' }))).not.toBe(code);
  });

  test('is another with other options', async () => {
    const bytes = guest({ name: 'optional' });
    const plain = await loadCode(bytes, { isMetered: false });
    expect(await loadCode(bytes)).not.toBe(plain);
    expect(loadCodeNow(bytes, { isMetered: false })).toBe(plain);
    expect(loadCodeNow(bytes)).toBe(await loadCode(bytes));
  });

  test('is the same when it is compiled at once', async () => {
    const now = loadCodeNow(guest({ name: 'now' }));
    expect(now.info.exports.map(({ name }) => name)).toContain('RedisModule_OnLoad');
    expect(WebAssembly.Module.exports(now.module).map(({ name }) => name)).toContain(
      'RedisModule_OnLoad',
    );
  });

  test('is refused in the same words either way', async () => {
    for (const bytes of [Buffer.from('text'), Buffer.from('\x7fELF'), guest().subarray(0, 50)]) {
      const refusal = await loadCode(bytes).catch((error: unknown) => error);
      expect(refusal).toBeInstanceOf(ModuleLoadError);
      expect(() => loadCodeNow(bytes)).toThrow((refusal as Error).message);
    }
  });

  test('has no memory of its own: two instances do not see each other', async () => {
    const code = await loadCode(guest({ onLoad: '(i32.store (i32.const 2000) (i32.const 1))' }));
    const [a, b] = [new TestInstance(), new TestInstance()].map(
      ({ instance }) => instance.modules.load(code, 'x', []).instance,
    );
    a?.memory.writeU32(2000, 7);
    expect(b?.memory.readU32(2000)).toBe(1);
  });

  test('knows the signatures of functions in the table', async () => {
    const code = await loadCode(
      guest({
        table: `(table $t (export "table") 8 funcref) (elem (i32.const 1) $f)
          (func $f (param i64 f32) (result f64) (f64.const 0))`,
      }),
    );
    const { instance } = new TestInstance().instance.modules.load(code, 'x', []);
    expect(code.signatureOf(instance.table?.get(1) as object)).toBe('(i64,f32)->(f64)');
    expect(() => instance.callback(1, '(i32)->()', 'cb')).toThrow(
      "argument 'cb': function 1 is (i64,f32)->(f64), not (i32)->()",
    );
    expect(() => instance.callback(2, '(i32)->()', 'cb')).toThrow('table slot 2 is empty');
    expect(() => instance.callback(99, '(i32)->()', 'cb')).toThrow('no function 99 in the table');
    expect(() => instance.callback(-1, '(i32)->()', 'cb')).toThrow('no function 4294967295');
  });
});

describe('memory', () => {
  test('grows through the host, to the limit of the instance', async () => {
    const more = '(func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))';
    const code = await loadCode(guest({ more }));
    const server = new TestInstance({ 'module-max-memory': '1mb' });
    const { instance } = server.instance.modules.load(code, 'x', []);
    const grow = instance.exported('grow');
    const pages = instance.memoryBytes / 65536;
    expect(grow?.(2)).toBe(pages);
    expect(grow?.(14)).toBe(-1);
    expect(grow?.(-1)).toBe(-1);
    expect(grow?.(14 - pages)).toBe(pages + 2);
    expect(grow?.(1)).toBe(-1);
    expect(instance.memoryBytes).toBe(2 ** 20);
  });
});
