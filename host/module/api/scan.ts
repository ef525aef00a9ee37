// ABI area "scan": walking the keyspace and the elements of a key.

import { CONSTANTS } from '../../../abi/constants.ts';
import type { AreaImports } from '../../../abi/index.ts';
import type { Handle } from '../../../abi/kinds.ts';
import type { Database } from '../../keyspace/database.ts';
import type { ByteString } from '../../lib/bytes.ts';
import { formatDouble } from '../../lib/number.ts';
import { Slice } from '../../lib/slice.ts';
import type { HashValue } from '../../values/hash.ts';
import type { SetValue } from '../../values/set.ts';
import type { ZsetValue } from '../../values/zset.ts';
import { type Callback, callbackOf } from '../callbacks.ts';
import { exactOfDouble, generalText } from '../exact-float.ts';
import type { ModuleInstance } from '../instance.ts';
import { closeKey, openKey } from '../keys.ts';
import { KIND_CURSOR, KIND_KEY, KIND_STRING } from '../kinds.ts';
import { HOST_CALL_UNITS } from '../meter/cost.ts';
import { OpenKey } from '../open-key.ts';
import { ModuleString } from '../string.ts';

/** Elements of a large collection that one step looks at. */
const STEP_COUNT = 10;
const SCORE_DIGITS = 17;

/** How far a scan has come. */
class ScanCursor {
  position = 0;
  isDone = false;
}

/** An element and what ScanKey shows beside it. */
type Element = readonly [field: ByteString, value: ByteString | null];

type Scannable = HashValue | SetValue | ZsetValue;

export function scan(m: ModuleInstance): AreaImports<'scan'> {
  const cursorOf = (handle: number): ScanCursor =>
    m.handles.get(handle, KIND_CURSOR, 'cursor') as ScanCursor; // by its kind
  return {
    RedisModule_ScanCursorCreate: () =>
      m.handles.createRetained(KIND_CURSOR, new ScanCursor()) as Handle<'cursor'>, // of that kind
    RedisModule_ScanCursorRestart: (handle) => {
      const cursor = cursorOf(handle);
      cursor.position = 0;
      cursor.isDone = false;
    },
    RedisModule_ScanCursorDestroy: (handle) => {
      m.handles.release(handle, KIND_CURSOR, 'cursor');
    },
    RedisModule_Scan: (ctx, handle, fn, privdata) => {
      const context = m.context(ctx);
      const cursor = cursorOf(handle);
      const visit = callbackOf(m, 'RedisModuleScanCB', fn, 'fn');
      if (cursor.isDone) {
        m.setErrno('ENOENT');
        return 0;
      }
      const db = context.db ?? m.host.client.db;
      for (const name of stepThrough(db, cursor)) {
        showKey(m, context.ptr, db, name, (string, key) => visit(ctx, string, key, privdata));
      }
      m.clearErrno();
      return cursor.isDone ? 0 : 1;
    },
    RedisModule_ScanKey: (handle, cursorHandle, fn, privdata) => {
      const value = handle === 0 ? null : scannableOf(openKey(m, handle));
      if (value === null) {
        m.setErrno('EINVAL');
        return 0;
      }
      const cursor = cursorOf(cursorHandle);
      const visit = callbackOf(m, 'RedisModuleScanKeyCB', fn, 'fn');
      if (cursor.isDone) {
        m.setErrno('ENOENT');
        return 0;
      }
      for (const element of elementsOf(value, cursor)) {
        showElement(m, handle, element, visit, privdata);
      }
      m.clearErrno();
      return cursor.isDone ? 0 : 1;
    },
  };
}

/** One step through a database. The names are copies: callbacks may change anything. */
function stepThrough(db: Database, cursor: ScanCursor): Slice[] {
  const names: Slice[] = [];
  cursor.position = db.scan(cursor.position, (ref) => {
    names.push(new Slice(db.keyOf(ref).toBuffer()));
  });
  cursor.isDone = cursor.position === 0;
  return names;
}

/** Shows a key by its name and opened for reading, unless it has gone in the meantime. */
function showKey(
  m: ModuleInstance,
  contextPtr: number,
  db: Database,
  name: Slice,
  show: (string: number, key: number) => void,
): void {
  const ref = db.find(name);
  if (ref === 0) return;
  const key = new OpenKey(db, name, CONSTANTS.REDISMODULE_READ, contextPtr, ref);
  const keyHandle = m.handles.create(KIND_KEY, key);
  lend(m, ModuleString.owning(name.toBuffer()), (string) => show(string, keyHandle));
  if (m.handles.has(keyHandle, KIND_KEY)) {
    m.handles.release(keyHandle, KIND_KEY);
    closeKey(m, key);
  }
}

function showElement(
  m: ModuleInstance,
  key: number,
  [field, value]: Element,
  visit: Callback,
  privdata: number,
): void {
  lend(m, ModuleString.of(field), (fieldHandle) => {
    if (value === null) visit(key, fieldHandle, 0, privdata);
    else lend(m, ModuleString.of(value), (handle) => visit(key, fieldHandle, handle, privdata));
  });
}

/** Gives the guest a string for the time of a callback, which may retain it. */
function lend(m: ModuleInstance, string: ModuleString, use: (handle: number) => void): void {
  const handle = m.newString(string, null);
  m.fuel.charge(HOST_CALL_UNITS);
  try {
    use(handle);
  } finally {
    if (m.handles.has(handle, KIND_STRING)) m.freeString(handle);
  }
}

function scannableOf(key: OpenKey): Scannable | null {
  const { ref, db } = key;
  if (ref === 0 || !db.isComplex(ref)) return null;
  const { type } = db.valueOf(ref);
  if (type !== 'hash' && type !== 'set' && type !== 'zset') return null;
  return db.valueOf(ref) as Scannable; // of one of these types
}

/** One step through a collection; small ones are shown whole. */
function elementsOf(value: Scannable, cursor: ScanCursor): Element[] {
  const found: Element[] = [];
  const { position } = cursor;
  if (value.type === 'hash') {
    cursor.position = value.scan(position, STEP_COUNT, (field, text) => found.push([field, text]));
  } else if (value.type === 'set') {
    cursor.position = value.scan(position, STEP_COUNT, (member) => found.push([member, null]));
  } else {
    const isLarge = value.encoding === 'skiplist';
    cursor.position = value.scan(position, STEP_COUNT, (member, score) => {
      found.push([member, scoreText(score, isLarge)]);
    });
  }
  cursor.isDone = cursor.position === 0;
  return found;
}

/** Scores of large sorted sets have 17 digits, as `%.17g` prints; those of small ones are short. */
function scoreText(score: number, isLarge: boolean): ByteString {
  const isPlain = !isLarge || !Number.isFinite(score);
  const text = isPlain ? formatDouble(score) : generalText(exactOfDouble(score), SCORE_DIGITS);
  return text as ByteString; // ASCII
}
