// A key that holds a sorted set, or an empty one that is to become one: `key.zset.add(1, member)`.
//
// A key has one iterator:
//   for (zset.rangeByScore(1, 9); !zset.isDone; zset.next()) use(zset.member, zset.memberScore);
//   zset.stop();

import { Handle, Status } from './handle';
import {
  REDISMODULE_ERR,
  REDISMODULE_OK,
  RedisModule_ZsetAdd,
  RedisModule_ZsetFirstInLexRange,
  RedisModule_ZsetFirstInScoreRange,
  RedisModule_ZsetIncrby,
  RedisModule_ZsetLastInLexRange,
  RedisModule_ZsetLastInScoreRange,
  RedisModule_ZsetRangeCurrentElement,
  RedisModule_ZsetRangeEndReached,
  RedisModule_ZsetRangeNext,
  RedisModule_ZsetRangePrev,
  RedisModule_ZsetRangeStop,
  RedisModule_ZsetRem,
  RedisModule_ZsetScore,
} from './redismodule';
import { scratch, scratchMark, scratchRelease } from './scratch';
import { OwnedString, RString } from './string';

@unmanaged
export class ZsetKey extends Handle {
  /** Adds a member or changes its score; `flags` are REDISMODULE_ZADD_…. Fails on NaN. */
  add(score: f64, member: RString, flags: i32 = 0): Status {
    const mark = scratchMark();
    const inout = scratch(4);
    store<i32>(inout, flags);
    const status = RedisModule_ZsetAdd(this.handle, score, member.handle, inout);
    scratchRelease(mark);
    return status;
  }

  /** Adds to a member's score and returns the new one; NaN on failure. */
  increment(by: f64, member: RString, flags: i32 = 0): f64 {
    const mark = scratchMark();
    const score = scratch(8);
    const inout = scratch(4);
    store<i32>(inout, flags);
    const status = RedisModule_ZsetIncrby(this.handle, by, member.handle, inout, score);
    const result = status === REDISMODULE_OK ? load<f64>(score) : NaN;
    scratchRelease(mark);
    return result;
  }

  /** True if the member was there. The last one deletes the key. */
  remove(member: RString): bool {
    const mark = scratchMark();
    const deleted = scratch(4);
    store<i32>(deleted, 0);
    const status = RedisModule_ZsetRem(this.handle, member.handle, deleted);
    const removed = status === REDISMODULE_OK && load<i32>(deleted) !== 0;
    scratchRelease(mark);
    return removed;
  }

  /** NaN if there is no such member. */
  score(member: RString): f64 {
    if (this.isNull) return NaN;
    const mark = scratchMark();
    const score = scratch(8);
    const status = RedisModule_ZsetScore(this.handle, member.handle, score);
    const result = status === REDISMODULE_OK ? load<f64>(score) : NaN;
    scratchRelease(mark);
    return result;
  }

  /** Starts iterating upwards from the first member with a score from `min` to `max`. */
  rangeByScore(min: f64, max: f64, excludeMin: bool = false, excludeMax: bool = false): Status {
    if (this.isNull) return REDISMODULE_ERR;
    return RedisModule_ZsetFirstInScoreRange(
      this.handle, min, max, excludeMin ? 1 : 0, excludeMax ? 1 : 0,
    );
  }

  /** Starts at the last member with a score from `min` to `max`; go on with `previous`. */
  reverseByScore(min: f64, max: f64, excludeMin: bool = false, excludeMax: bool = false): Status {
    if (this.isNull) return REDISMODULE_ERR;
    return RedisModule_ZsetLastInScoreRange(
      this.handle, min, max, excludeMin ? 1 : 0, excludeMax ? 1 : 0,
    );
  }

  /** Starts at the first member between bounds spelled as for ZRANGEBYLEX. */
  rangeByLex(min: RString, max: RString): Status {
    if (this.isNull) return REDISMODULE_ERR;
    return RedisModule_ZsetFirstInLexRange(this.handle, min.handle, max.handle);
  }

  /** Starts at the last member between bounds spelled as for ZRANGEBYLEX. */
  reverseByLex(min: RString, max: RString): Status {
    if (this.isNull) return REDISMODULE_ERR;
    return RedisModule_ZsetLastInLexRange(this.handle, min.handle, max.handle);
  }

  get isDone(): bool {
    return this.isNull || RedisModule_ZsetRangeEndReached(this.handle) !== 0;
  }

  /** The current member, yours to free; NULL when done. */
  get member(): OwnedString {
    if (this.isNull) return changetype<OwnedString>(0);
    return changetype<OwnedString>(RedisModule_ZsetRangeCurrentElement(this.handle, 0));
  }

  /** Score of the current member; NaN when done. */
  get memberScore(): f64 {
    if (this.isNull) return NaN;
    const mark = scratchMark();
    const out = scratch(8);
    const member = changetype<OwnedString>(RedisModule_ZsetRangeCurrentElement(this.handle, out));
    const score = member.isNull ? NaN : load<f64>(out);
    member.free();
    scratchRelease(mark);
    return score;
  }

  next(): bool {
    return RedisModule_ZsetRangeNext(this.handle) !== 0;
  }

  previous(): bool {
    return RedisModule_ZsetRangePrev(this.handle) !== 0;
  }

  stop(): void {
    if (!this.isNull) RedisModule_ZsetRangeStop(this.handle);
  }
}
