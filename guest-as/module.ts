// Registration of a module: what RedisModule_OnLoad does, without a check after each line.

import { CommandInfo } from './command-info';
import { CommandHandler, Context, KeyspaceHandler } from './context';
import { Status } from './handle';
import { ModuleType, ModuleValue } from './module-type';
import {
  REDISMODULE_APIVER_1,
  REDISMODULE_ERR,
  REDISMODULE_OK,
  RedisModule_IsModuleNameBusy,
  RedisModule_SetModuleAttribs,
} from './redismodule';
import { cstring, scratchMark, scratchRelease } from './scratch';

/**
 * The first step that fails makes `status` REDISMODULE_ERR, which is what to return from OnLoad;
 * later steps then do nothing.
 */
export class Module {
  status: Status = REDISMODULE_OK;

  constructor(readonly ctx: Context, name: string, version: i32) {
    const mark = scratchMark();
    const ptr = cstring(name);
    if (RedisModule_IsModuleNameBusy(ptr) !== 0) this.status = REDISMODULE_ERR;
    else RedisModule_SetModuleAttribs(ctx.handle, ptr, version, REDISMODULE_APIVER_1);
    scratchRelease(mark);
  }

  get isOk(): bool {
    return this.status === REDISMODULE_OK;
  }

  /** See `Context.createCommand`. */
  command(
    name: string, handler: CommandHandler, flags: string,
    firstKey: i32 = 0, lastKey: i32 = 0, step: i32 = 0,
  ): void {
    if (!this.isOk) return;
    this.status = this.ctx.createCommand(name, handler, flags, firstKey, lastKey, step);
  }

  /** Describes a command that was added before. */
  document(command: string, info: CommandInfo): void {
    if (this.isOk) this.status = info.apply(this.ctx, command);
  }

  type<T extends ModuleValue>(type: ModuleType<T>): void {
    if (this.isOk) this.status = type.register(this.ctx);
  }

  /** See `Context.subscribe`. */
  subscribe(types: i32, handler: KeyspaceHandler): void {
    if (this.isOk) this.status = this.ctx.subscribe(types, handler);
  }

  /** Logs at level notice unless a step has failed, and returns `status`. */
  done(message: string): Status {
    if (this.isOk) this.ctx.log('notice', message);
    return this.status;
  }
}
