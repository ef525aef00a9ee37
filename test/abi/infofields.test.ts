// Tests host/module/info-sections.ts and host/module/server-info.ts through the ABI as well.

import { beforeEach, describe, expect, test } from 'vitest';
import { Probe } from '../support/probe.ts';

const OK = 0;
const ERR = 1;

let probe: Probe;

beforeEach(async () => {
  probe = await Probe.load();
});

/** Makes `write` the module's INFO callback. */
function onInfo(write: (info: number) => void): void {
  const callback = probe.callback('RedisModuleInfoFunc', (info) => write(Number(info)));
  expect(probe.run(({ ctx, api }) => api.RedisModule_RegisterInfoFunc(ctx, callback))).toBe(OK);
}

/** The text of INFO without the bulk's header. */
const info = (...sections: string[]) =>
  probe.server
    .raw('INFO', ...sections)
    .replace(/^\$\d+\r\n/, '')
    .replace(/\r\n$/, '');

const text = (words: string) => probe.cstring(words);

describe('writing', () => {
  beforeEach(() => {
    onInfo((ctx) => {
      const { api } = probe;
      api.RedisModule_InfoAddSection(ctx, 0);
      api.RedisModule_InfoAddFieldDouble(ctx, text('d'), -0.1);
      api.RedisModule_InfoAddFieldDouble(ctx, text('e'), 1e300);
      api.RedisModule_InfoAddFieldDouble(ctx, text('inf'), -Infinity);
      api.RedisModule_InfoAddFieldString(ctx, text('s'), probe.string('a\r\nfake:1'));
      api.RedisModule_InfoBeginDictField(ctx, text('dict'));
      api.RedisModule_InfoAddFieldLongLong(ctx, text('a'), -1n);
      api.RedisModule_InfoAddFieldCString(ctx, text('b'), text('x'));
      api.RedisModule_InfoAddSection(ctx, text('Two'));
      api.RedisModule_InfoAddFieldULongLong(ctx, text('u'), -1n);
      api.RedisModule_InfoBeginDictField(ctx, text('empty'));
      api.RedisModule_InfoEndDictField(ctx);
    });
  });

  const first =
    '# probe\r\nprobe_d:-0.10000000000000001\r\nprobe_e:1.0000000000000001e+300\r\n' +
    'probe_inf:-inf\r\nprobe_s:a  fake:1\r\nprobe_dict:a=-1,b=x\r\n';
  const second = '# probe_Two\r\nprobe_u:18446744073709551615\r\nprobe_empty:\r\n';

  test('makes sections and fields with the name of the module', () => {
    expect(info('probe')).toBe(`${first}\r\n${second}`);
  });

  test('leaves out the sections that nobody asked for', () => {
    expect(info('probe_two')).toBe(second);
    expect(info()).not.toContain('probe_u');
    expect(info('everything')).toContain(second);
  });

  test('stands behind the line of the module', () => {
    const modules = info('modules');
    expect(modules).toMatch(
      /^# Modules\r\nmodule:name=probe,ver=1,api=1,filters=0,usedby=\[\],using=\[\],options=\[\]\r\n/,
    );
    expect(modules).toMatch(
      /\r\nwasm_probe:mem=\d+,objects=\d+,max=\d+,live=\d+,peak=\d+,allocs=\d+,frees=\d+,handles=\d+,traps=0,state=ok\r\n/,
    );
    expect(modules).toContain(second);
  });
});

test('outside of a section and of a list functions return ERR', () => {
  const results: number[] = [];
  onInfo((ctx) => {
    const { api } = probe;
    results.push(api.RedisModule_InfoAddFieldLongLong(ctx, text('a'), 1n));
    results.push(api.RedisModule_InfoBeginDictField(ctx, text('d')));
    results.push(api.RedisModule_InfoAddSection(ctx, text('')));
    results.push(api.RedisModule_InfoEndDictField(ctx));
    results.push(api.RedisModule_InfoAddSection(ctx, text('x')));
  });
  info('probe');
  expect(results).toEqual([ERR, ERR, OK, ERR, OK]);
});

test('a trap keeps what was added before and is counted', () => {
  onInfo((ctx) => {
    probe.api.RedisModule_InfoAddSection(ctx, 0);
    probe.api.RedisModule_InfoAddFieldLongLong(ctx, text('a'), 1n);
    probe.api.RedisModule_InfoAddFieldLongLong(12345, text('b'), 1n);
  });
  expect(info('probe')).toBe('# probe\r\nprobe_a:1\r\n');
  expect(info('modules')).toContain(',traps=1');
});

test('the options of the module are shown', () => {
  probe.run(({ ctx, api }) => api.RedisModule_SetModuleOptions(ctx, 3));
  expect(info('modules')).toContain('options=[handle-io-errors|no-implicit-signal-modified]');
});

describe('reading', () => {
  test('finds fields of a snapshot by name', () => {
    probe.run(({ ctx, api }) => {
      const data = api.RedisModule_GetServerInfo(ctx, 0);
      const version = api.RedisModule_ServerInfoGetField(ctx, data, text('redis_version'));
      expect(probe.textOf(version)).toBe('7.2.4');
      const ptr = api.RedisModule_ServerInfoGetFieldC(data, text('redis_mode'));
      expect(probe.m.memory.cstring(ptr)).toBe('standalone');
      expect(api.RedisModule_ServerInfoGetFieldC(data, text('redis_mode'))).toBe(ptr);
      api.RedisModule_FreeServerInfo(ctx, data);
    });
    expect(probe.m.allocator.liveBlocks).toBeGreaterThan(0);
  });

  test('reads numbers, and tells when there is none', () => {
    probe.run(({ ctx, api }) => {
      const data = api.RedisModule_GetServerInfo(ctx, text('server'));
      const err = probe.room();
      const signed = (field: string) => [
        api.RedisModule_ServerInfoGetFieldSigned(data, text(field), err),
        probe.u32(err),
      ];
      expect(signed('hz')).toEqual([10n, OK]);
      expect(signed('redis_version')).toEqual([0n, ERR]);
      expect(signed('nothing')).toEqual([0n, ERR]);
      expect(signed('maxmemory')).toEqual([0n, ERR]); // in another section
      expect(api.RedisModule_ServerInfoGetFieldUnsigned(data, text('hz'), 0)).toBe(10n);
      expect(api.RedisModule_ServerInfoGetFieldDouble(data, text('hz'), err)).toBe(10);
      expect(api.RedisModule_ServerInfoGetFieldDouble(data, text('os'), err)).toBe(0);
      expect(probe.u32(err)).toBe(ERR);
      expect(api.RedisModule_ServerInfoGetField(ctx, data, text('nothing'))).toBe(0);
      expect(api.RedisModule_ServerInfoGetFieldC(data, text('nothing'))).toBe(0);
      api.RedisModule_FreeServerInfo(0, data);
    });
  });

  test('a snapshot is freed by AutoMemory, and a dead one is refused', () => {
    const { handles, allocator } = probe.m;
    const [liveHandles, liveBlocks] = [handles.liveCount, allocator.liveBlocks];
    const field = text('redis_version');
    const data = probe.run(({ ctx, api }) => {
      api.RedisModule_AutoMemory(ctx);
      const made = api.RedisModule_GetServerInfo(ctx, 0);
      api.RedisModule_ServerInfoGetFieldC(made, field);
      return made;
    });
    expect(handles.liveCount).toBe(liveHandles);
    expect(allocator.liveBlocks).toBe(liveBlocks + 1); // `field`
    expect(probe.trapOf(({ api }) => api.RedisModule_ServerInfoGetFieldC(data, field))).toContain(
      "argument 'data'",
    );
  });
});
