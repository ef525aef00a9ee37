// A call from the host into the module: who calls, what may be done, and how to answer.

import { BlockedClient, freeData } from './blocked-client';
import { CallReply } from './call-reply';
import { Command } from './command';
import { EventHandler } from './event';
import { Handle, Status } from './handle';
import { Key } from './key';
import {
  RedisModule_AddPostNotificationJob,
  RedisModule_AutoMemory,
  RedisModule_BlockClient,
  RedisModule_Call,
  RedisModule_CreateCommand,
  RedisModule_CreateString,
  RedisModule_CreateStringFromDouble,
  RedisModule_CreateStringFromLongLong,
  RedisModule_CreateTimer,
  RedisModule_GetBlockedClientHandle,
  RedisModule_GetBlockedClientPrivateData,
  RedisModule_GetClientId,
  RedisModule_GetContextFlags,
  RedisModule_GetSelectedDb,
  RedisModule_KeyExists,
  RedisModule_Log,
  RedisModule_NotifyKeyspaceEvent,
  RedisModule_OpenKey,
  RedisModule_Replicate,
  RedisModule_ReplicateVerbatim,
  RedisModule_SelectDb,
  RedisModule_SetModuleOptions,
  RedisModule_StopTimer,
  RedisModule_SubscribeToKeyspaceEvents,
  RedisModule_SubscribeToServerEvent,
  RedisModule_WrongArity,
  RedisModuleEvent,
} from './redismodule';
import { Reply } from './reply';
import { cstring, scratch, scratchMark, scratchRelease, utf8Length } from './scratch';
import { Argv, CString, OwnedString, RString } from './string';
import { Timer, timerFired } from './timer';

/** `argv[0]` is the command's name, `argc` counts it. Returns what a reply returned. */
export type CommandHandler = (ctx: Context, argv: Argv, argc: i32) => Status;

/** `type` is one of REDISMODULE_NOTIFY_…, `event` the name that clients see. */
export type KeyspaceHandler = (ctx: Context, type: i32, event: CString, key: RString) => Status;

/** Borrowed from the host: valid during the call that got it. */
@unmanaged
export class Context extends Handle {
  /** Answers the client: `return ctx.reply.integer(1)`. */
  get reply(): Reply {
    return changetype<Reply>(this);
  }

  /** Answers that the number of arguments is wrong, as Redis words it. */
  wrongArity(): Status {
    return RedisModule_WrongArity(this.handle);
  }

  /** Writes to the server's log; `level` is debug, verbose, notice or warning. */
  log(level: string, message: string): void {
    const mark = scratchMark();
    const args = scratch(4);
    store<usize>(args, cstring(message));
    RedisModule_Log(this.handle, cstring(level), cstring('%s'), args);
    scratchRelease(mark);
  }

  /** Lets the host free strings, keys and call replies made in this call when it returns. */
  autoMemory(): void {
    RedisModule_AutoMemory(this.handle);
  }

  /** REDISMODULE_CTX_FLAGS_… */
  get flags(): i32 {
    return RedisModule_GetContextFlags(this.handle);
  }

  /** Number of the client; 0 if there is none. */
  get clientId(): u64 {
    return RedisModule_GetClientId(this.handle);
  }

  get selectedDb(): i32 {
    return RedisModule_GetSelectedDb(this.handle);
  }

  selectDb(db: i32): Status {
    return RedisModule_SelectDb(this.handle, db);
  }

  // Strings

  /** A module string of `text` in UTF-8. */
  string(text: string): OwnedString {
    const mark = scratchMark();
    const made = RedisModule_CreateString(this.handle, cstring(text), utf8Length(text));
    scratchRelease(mark);
    return changetype<OwnedString>(made);
  }

  /** A module string of any bytes. */
  stringFromBytes(bytes: Uint8Array): OwnedString {
    const made = RedisModule_CreateString(this.handle, bytes.dataStart, bytes.byteLength);
    return changetype<OwnedString>(made);
  }

  stringFromInteger(value: i64): OwnedString {
    return changetype<OwnedString>(RedisModule_CreateStringFromLongLong(this.handle, value));
  }

  stringFromDouble(value: f64): OwnedString {
    return changetype<OwnedString>(RedisModule_CreateStringFromDouble(this.handle, value));
  }

  // Keys and commands

  /** Opens a key; `mode` is REDISMODULE_READ, REDISMODULE_WRITE or both. */
  openKey(name: RString, mode: i32): Key {
    return changetype<Key>(RedisModule_OpenKey(this.handle, name.handle, mode));
  }

  keyExists(name: RString): bool {
    return RedisModule_KeyExists(this.handle, name.handle) !== 0;
  }

  /** Runs a command. `flags` are the letters of RedisModule_Call, such as `!` to replicate it. */
  call(command: Command, flags: string = ''): CallReply {
    const mark = scratchMark();
    const reply = RedisModule_Call(
      this.handle, cstring(command.name), command.format(flags), command.pack(),
    );
    scratchRelease(mark);
    return changetype<CallReply>(reply);
  }

  /** Sends a command to replicas and the AOF in place of the one that is running. */
  replicate(command: Command, flags: string = ''): Status {
    const mark = scratchMark();
    const status = RedisModule_Replicate(
      this.handle, cstring(command.name), command.format(flags), command.pack(),
    );
    scratchRelease(mark);
    return status;
  }

  /** Sends the running command to replicas and the AOF as the client sent it. */
  replicateVerbatim(): Status {
    return RedisModule_ReplicateVerbatim(this.handle);
  }

  /** Tells subscribers that something happened to a key. */
  notify(type: i32, event: string, key: RString): Status {
    const mark = scratchMark();
    const status = RedisModule_NotifyKeyspaceEvent(this.handle, type, cstring(event), key.handle);
    scratchRelease(mark);
    return status;
  }

  // Registration, in RedisModule_OnLoad

  /**
   * Adds a command. `flags` are words such as `write deny-oom fast`; the positions of the first
   * key, the last key and the step between them are 0 for a command without keys.
   */
  createCommand(
    name: string, handler: CommandHandler, flags: string,
    firstKey: i32 = 0, lastKey: i32 = 0, step: i32 = 0,
  ): Status {
    const mark = scratchMark();
    const status = RedisModule_CreateCommand(
      this.handle, cstring(name), handler.index, cstring(flags), firstKey, lastKey, step,
    );
    scratchRelease(mark);
    return status;
  }

  /** Calls `handler` for each event of `types` (REDISMODULE_NOTIFY_…) on any key. */
  subscribe(types: i32, handler: KeyspaceHandler): Status {
    return RedisModule_SubscribeToKeyspaceEvents(this.handle, types, handler.index);
  }

  /** Calls `handler` for each event of the server with this id, REDISMODULE_EVENT_…. */
  subscribeEvent(id: u64, handler: EventHandler): Status {
    const mark = scratchMark();
    const event = scratch(RedisModuleEvent.SIZE);
    store<u64>(event, id, RedisModuleEvent.id);
    store<u64>(event, 1, RedisModuleEvent.dataver);
    const status = RedisModule_SubscribeToServerEvent(this.handle, event, handler.index);
    scratchRelease(mark);
    return status;
  }

  /** REDISMODULE_OPTIONS_… */
  setOptions(options: i32): void {
    RedisModule_SetModuleOptions(this.handle, options);
  }

  // Later

  /**
   * Runs `job` after the command that caused a notification; it may write, unlike the handler.
   * `data` is kept alive until then.
   */
  afterNotification<T>(job: (ctx: Context, data: T) => void, data: T): Status {
    const ptr = __pin(changetype<usize>(data));
    const free = (pinned: usize): void => __unpin(pinned);
    const status = RedisModule_AddPostNotificationJob(this.handle, job.index, ptr, free.index);
    if (status !== 0) __unpin(ptr);
    return status;
  }

  /** Calls `callback` once after `ms` milliseconds; `data` is kept alive until then. */
  createTimer<T>(ms: i64, callback: (ctx: Context, data: T) => void, data: T): u64 {
    const timer = __pin(changetype<usize>(new Timer<T>(callback, data)));
    return RedisModule_CreateTimer(this.handle, ms, timerFired<T>(), timer);
  }

  /** Cancels a timer that `createTimer` returned; fails if it has fired. */
  stopTimer(id: u64): Status {
    const mark = scratchMark();
    const data = scratch(4);
    const status = RedisModule_StopTimer(this.handle, id, data);
    if (status === 0) __unpin(load<usize>(data));
    scratchRelease(mark);
    return status;
  }

  /**
   * Suspends the client until `unblock` is called on the result. Then `reply` answers it; after
   * `timeoutMs` (0: never) `timeout` does. T is the class of the data given to `unblock`.
   */
  blockClient<T>(reply: CommandHandler, timeout: CommandHandler, timeoutMs: i64): BlockedClient {
    const client = RedisModule_BlockClient(
      this.handle, reply.index, timeout.index, freeData<T>(), timeoutMs,
    );
    return changetype<BlockedClient>(client);
  }

  /** In `reply`: the data given to `unblock`; null if there was none. */
  blockedData<T>(): T | null {
    return changetype<T | null>(RedisModule_GetBlockedClientPrivateData(this.handle));
  }

  /** In `reply` and `timeout`: which client they are about. */
  get blockedClient(): BlockedClient {
    return changetype<BlockedClient>(RedisModule_GetBlockedClientHandle(this.handle));
  }
}
