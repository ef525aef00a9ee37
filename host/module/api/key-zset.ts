// ABI area "key-zset": sorted set values and the range iterator that an open key carries.

import { CONSTANTS } from '../../../abi/constants.ts';
import type { AreaImports } from '../../../abi/index.ts';
import { ERR, OK, type Status } from '../../../abi/kinds.ts';
import { type RankRange, ZsetValue } from '../../values/zset.ts';
import type { ModuleInstance } from '../instance.ts';
import { beforeChange, OTHER_TYPE, settleValue, stringFor, valueAt } from '../key-values.ts';
import { isWritable, openKey } from '../keys.ts';
import type { OpenKey } from '../open-key.ts';
import { parseLexBound, ZsetIterator } from '../zset-iterator.ts';

const XX = CONSTANTS.REDISMODULE_ZADD_XX;
const NX = CONSTANTS.REDISMODULE_ZADD_NX;
const GT = CONSTANTS.REDISMODULE_ZADD_GT;
const LT = CONSTANTS.REDISMODULE_ZADD_LT;
const ADDED = CONSTANTS.REDISMODULE_ZADD_ADDED;
const UPDATED = CONSTANTS.REDISMODULE_ZADD_UPDATED;
const NOP = CONSTANTS.REDISMODULE_ZADD_NOP;

/** What to do with an element, and what has become of it. */
interface ScoreChange {
  readonly score: number;
  readonly isIncrement: boolean;
  readonly flags: number;
}

export function keyZset(m: ModuleInstance): AreaImports<'key-zset'> {
  return { ...elementFunctions(m), ...rangeFunctions(m) };
}

type ElementFunctions =
  | 'RedisModule_ZsetAdd'
  | 'RedisModule_ZsetIncrby'
  | 'RedisModule_ZsetRem'
  | 'RedisModule_ZsetScore';

function elementFunctions(m: ModuleInstance): Pick<AreaImports<'key-zset'>, ElementFunctions> {
  const { memory } = m;
  const change = (
    key: OpenKey,
    ele: number,
    flagsPtr: number,
    wanted: { readonly score: number; readonly isIncrement: boolean; readonly newscore: number },
  ): Status => {
    const member = m.string(ele, 'ele').slice.toByteString();
    const found = valueAt<ZsetValue>(key, 'zset');
    if (!isWritable(key) || found === OTHER_TYPE) return ERR;
    const flags = flagsPtr === 0 ? 0 : memory.readU32(flagsPtr, 'flagsptr');
    const former = found?.score(member);
    const [outcome, score] = outcomeOf({ ...wanted, flags }, former);
    if (flagsPtr !== 0) memory.writeU32(flagsPtr, Math.max(outcome, 0), 'flagsptr');
    if (outcome === NOT_A_NUMBER) return ERR;
    if (wanted.newscore !== 0 && outcome !== NOP) {
      memory.writeF64(wanted.newscore, score, 'newscore');
    }
    if (outcome !== ADDED && outcome !== UPDATED) return OK;
    beforeChange(m, key);
    const { keyspace, random } = m.executor;
    const zset = found ?? new ZsetValue(keyspace.limits, random);
    zset.add(member, score);
    settleValue(m, key, zset, zset.size);
    return OK;
  };
  return {
    RedisModule_ZsetAdd: (handle, score, ele, flagsptr) => {
      const wanted = { score, isIncrement: false, newscore: 0 };
      return change(openKey(m, handle), ele, flagsptr, wanted);
    },
    RedisModule_ZsetIncrby: (handle, score, ele, flagsptr, newscore) => {
      const wanted = { score, isIncrement: true, newscore };
      return change(openKey(m, handle), ele, flagsptr, wanted);
    },
    RedisModule_ZsetRem: (handle, ele, deleted) => {
      const key = openKey(m, handle);
      const member = m.string(ele, 'ele').slice.toByteString();
      const zset = valueAt<ZsetValue>(key, 'zset');
      if (!isWritable(key) || zset === OTHER_TYPE) return ERR;
      const isMember = zset?.score(member) !== undefined;
      if (deleted !== 0) memory.writeU32(deleted, isMember ? 1 : 0, 'deleted');
      if (zset === null || !isMember) return OK;
      beforeChange(m, key);
      zset.remove(member);
      settleValue(m, key, zset, zset.size);
      return OK;
    },
    RedisModule_ZsetScore: (handle, ele, score) => {
      const zset = valueAt<ZsetValue>(openKey(m, handle), 'zset');
      const member = m.string(ele, 'ele').slice.toByteString();
      if (zset === null || zset === OTHER_TYPE) return ERR;
      const value = zset.score(member);
      if (value === undefined) return ERR;
      memory.writeF64(score, value, 'score');
      return OK;
    },
  };
}

const NOT_A_NUMBER = -1;

/** What a change does to an element of score `former`: an outcome bit or 0, and the new score. */
function outcomeOf(
  { score, isIncrement, flags }: ScoreChange,
  former: number | undefined,
): readonly [outcome: number, score: number] {
  if (Number.isNaN(score)) return [NOT_A_NUMBER, score];
  if (former === undefined) return (flags & XX) !== 0 ? [NOP, score] : [ADDED, score];
  if ((flags & NX) !== 0) return [NOP, score];
  const next = isIncrement ? former + score : score;
  if (Number.isNaN(next)) return [NOT_A_NUMBER, next];
  if ((flags & GT) !== 0 && next <= former) return [NOP, next];
  if ((flags & LT) !== 0 && next >= former) return [NOP, next];
  return next === former ? [0, next] : [UPDATED, next];
}

function rangeFunctions(m: ModuleInstance): Omit<AreaImports<'key-zset'>, ElementFunctions> {
  const { memory } = m;
  const zsetOf = (key: OpenKey): ZsetValue | null => {
    const zset = valueAt<ZsetValue>(key, 'zset');
    return zset === OTHER_TYPE ? null : zset;
  };
  const start = (
    handle: number,
    startsLast: boolean,
    rangeIn: (zset: ZsetValue) => RankRange | null,
  ): Status => {
    const key = openKey(m, handle);
    const zset = zsetOf(key);
    if (zset === null) return ERR;
    key.zsetIterator = null;
    const range = rangeIn(zset);
    if (range === null) return ERR;
    key.zsetIterator = new ZsetIterator(zset, range, startsLast);
    return OK;
  };
  const byScore = (min: number, max: number, minex: number, maxex: number) => {
    const range = { min, max, minExclusive: minex !== 0, maxExclusive: maxex !== 0 };
    return (zset: ZsetValue) => zset.ranksByScore(range);
  };
  const byLex = (low: number, high: number) => {
    const min = parseLexBound(m.string(low, 'min').slice);
    const max = parseLexBound(m.string(high, 'max').slice);
    return (zset: ZsetValue) => (min === null || max === null ? null : zset.ranksByLex(min, max));
  };
  const step = (handle: number, by: 1 | -1): number => {
    const key = openKey(m, handle);
    const zset = zsetOf(key);
    return zset !== null && key.zsetIterator?.step(zset, by) ? 1 : 0;
  };
  return {
    RedisModule_ZsetRangeStop: (handle) => {
      openKey(m, handle).zsetIterator = null;
    },
    RedisModule_ZsetRangeEndReached: (handle) => {
      const key = openKey(m, handle);
      return zsetOf(key) === null || (key.zsetIterator?.isAtEnd ?? true) ? 1 : 0;
    },
    RedisModule_ZsetFirstInScoreRange: (handle, min, max, minex, maxex) =>
      start(handle, false, byScore(min, max, minex, maxex)),
    RedisModule_ZsetLastInScoreRange: (handle, min, max, minex, maxex) =>
      start(handle, true, byScore(min, max, minex, maxex)),
    RedisModule_ZsetFirstInLexRange: (handle, min, max) => start(handle, false, byLex(min, max)),
    RedisModule_ZsetLastInLexRange: (handle, min, max) => start(handle, true, byLex(min, max)),
    RedisModule_ZsetRangeCurrentElement: (handle, score) => {
      const key = openKey(m, handle);
      const zset = zsetOf(key);
      const rank = zset === null ? -1 : (key.zsetIterator?.rankIn(zset) ?? -1);
      if (zset === null || rank < 0) return 0;
      const member = zset.memberAt(rank);
      // A member has a score.
      if (score !== 0) memory.writeF64(score, zset.score(member) as number, 'score');
      return stringFor(m, key, member);
    },
    RedisModule_ZsetRangeNext: (handle) => step(handle, 1),
    RedisModule_ZsetRangePrev: (handle) => step(handle, -1),
  };
}
