// ABI area "infofields": the module's part of INFO, and reading INFO.

import type { AreaImports } from '../../../abi/index.ts';
import { ERR, type Handle, OK, type Ptr, type Status } from '../../../abi/kinds.ts';
import { INFO_SECTIONS } from '../../dispatch/info-sections.ts';
import { type ByteString, textOf } from '../../lib/bytes.ts';
import { parseDouble, parseInt64, parseUint64 } from '../../lib/number.ts';
import type { Slice } from '../../lib/slice.ts';
import { callbackOf } from '../callbacks.ts';
import { exactOfDouble, generalText } from '../exact-float.ts';
import type { InfoWriter } from '../info-sections.ts';
import type { ModuleInstance } from '../instance.ts';
import { KIND_INFO_CTX, KIND_SERVER_INFO } from '../kinds.ts';
import { ServerInfo } from '../server-info.ts';
import { ModuleString } from '../string.ts';

/** Digits after which a double is the same again. */
const DOUBLE_DIGITS = 17;
/** A field of INFO beside its texts. */
const FIELD_BYTES = 64;

export function infofields(m: ModuleInstance): AreaImports<'infofields'> {
  return { ...writing(m), ...reading(m) };
}

type Writing = 'RedisModule_RegisterInfoFunc' | `RedisModule_Info${string}`;
type WritingFunctions = Pick<
  AreaImports<'infofields'>,
  Extract<keyof AreaImports<'infofields'>, Writing>
>;
type ReadingFunctions = Omit<AreaImports<'infofields'>, keyof WritingFunctions>;

function writing(m: ModuleInstance): WritingFunctions {
  const { memory } = m;
  const writer = (handle: number): InfoWriter =>
    m.handles.get(handle, KIND_INFO_CTX, 'ctx') as InfoWriter; // by its kind
  const status = (isDone: boolean): Status => (isDone ? OK : ERR);
  const add = (handle: number, field: number, value: string): Status => {
    const into = writer(handle);
    const name = oneLine(memory.cstring(field, 'field'));
    m.quota.chargeCall(FIELD_BYTES + name.length + value.length, 'a field');
    return status(into.addField(name, value));
  };
  return {
    RedisModule_RegisterInfoFunc: (_ctx, cb) => {
      m.registry.info = callbackOf(m, 'RedisModuleInfoFunc', cb, 'cb');
      return OK;
    },
    RedisModule_InfoAddSection: (ctx, name) => {
      const into = writer(ctx);
      const title = name === 0 ? '' : oneLine(memory.cstring(name, 'name'));
      m.quota.chargeCall(FIELD_BYTES + title.length, 'a section');
      return status(into.beginSection(title));
    },
    RedisModule_InfoBeginDictField: (ctx, name) => {
      const into = writer(ctx);
      const title = oneLine(memory.cstring(name, 'name'));
      m.quota.chargeCall(FIELD_BYTES + title.length, 'a field');
      return status(into.beginDict(title));
    },
    RedisModule_InfoEndDictField: (ctx) => status(writer(ctx).endDict()),
    RedisModule_InfoAddFieldString: (ctx, field, value) =>
      add(ctx, field, oneLine(m.string(value, 'value').slice.toByteString())),
    RedisModule_InfoAddFieldCString: (ctx, field, value) =>
      add(ctx, field, oneLine(memory.cstring(value, 'value'))),
    RedisModule_InfoAddFieldDouble: (ctx, field, value) => add(ctx, field, doubleText(value)),
    RedisModule_InfoAddFieldLongLong: (ctx, field, value) => add(ctx, field, String(value)),
    RedisModule_InfoAddFieldULongLong: (ctx, field, value) =>
      add(ctx, field, String(BigInt.asUintN(64, value))),
  };
}

/** Text that cannot fake other fields. */
function oneLine(bytes: ByteString): string {
  return textOf(bytes).replace(/[\r\n]/g, ' ');
}

/** As C prints %.17g. */
function doubleText(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  if (!Number.isFinite(value)) return `${sign}inf`;
  return sign + generalText(exactOfDouble(value), DOUBLE_DIGITS);
}

function reading(m: ModuleInstance): ReadingFunctions {
  const { memory } = m;
  const find = (handle: number, field: number): ModuleString | null => {
    const info = m.handles.get(handle, KIND_SERVER_INFO, 'data') as ServerInfo; // by its kind
    return info.get(memory.cstring(field, 'field'));
  };
  const read = <T>(
    handle: number,
    field: number,
    err: number,
    parse: (slice: Slice) => T | null,
  ): T | null => {
    const found = find(handle, field);
    const value = found === null ? null : parse(found.slice);
    if (err !== 0) memory.writeU32(err, value === null ? ERR : OK, 'out_err');
    return value;
  };
  return {
    RedisModule_GetServerInfo: (ctx, section) => {
      const context = m.contextOrNull(ctx);
      const words = section === 0 ? [] : [memory.cstring(section, 'section')];
      const info = new ServerInfo(m.executor.services.get(INFO_SECTIONS).text(words));
      m.quota.charge(info.costBytes, 'a copy of INFO');
      const handle = m.handles.createRetained(KIND_SERVER_INFO, info);
      if (context?.hasAutoMemory) context.autoHandles.push(handle);
      return handle as Handle<'serverInfo'>; // of that kind
    },
    RedisModule_FreeServerInfo: (ctx, data) => {
      const context = m.contextOrNull(ctx);
      const info = m.handles.release(data, KIND_SERVER_INFO, 'data') as ServerInfo; // by its kind
      info.release(m);
      const index = context?.autoHandles.lastIndexOf(data) ?? -1;
      if (index >= 0) context?.autoHandles.splice(index, 1);
    },
    RedisModule_ServerInfoGetField: (ctx, data, field) => {
      const found = find(data, field);
      if (found === null) return 0;
      const copy = ModuleString.owning(found.slice.toBuffer());
      return m.newString(copy, m.contextOrNull(ctx)) as Handle<'string'>; // of that kind
    },
    RedisModule_ServerInfoGetFieldC: (data, field) => {
      const found = find(data, field);
      return found === null ? 0 : (m.guestCopy(found) as Ptr<'cstring'>); // NUL-terminated
    },
    RedisModule_ServerInfoGetFieldSigned: (data, field, err) =>
      read(data, field, err, ({ buffer, start, end }) => parseInt64(buffer, start, end)) ?? 0n,
    RedisModule_ServerInfoGetFieldUnsigned: (data, field, err) =>
      read(data, field, err, ({ buffer, start, end }) => parseUint64(buffer, start, end)) ?? 0n,
    RedisModule_ServerInfoGetFieldDouble: (data, field, err) =>
      read(data, field, err, ({ buffer, start, end }) => {
        const value = parseDouble(buffer, start, end);
        return Number.isNaN(value) ? null : value;
      }) ?? 0,
  };
}
