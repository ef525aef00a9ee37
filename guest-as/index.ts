// The SDK: everything a module imports. `redismodule.ts` below it holds the raw functions of the
// ABI and its constants, for what has no wrapper.

export * from './redismodule';
export { BlockedClient } from './blocked-client';
export { CallReply } from './call-reply';
export { milliseconds, monotonicMicroseconds } from './clock';
export { Command } from './command';
export { CommandInfo } from './command-info';
export { CommandHandler, Context, KeyspaceHandler } from './context';
export {
  clearErrno, EBADF, EDOM, EEXIST, EINVAL, ENOENT, ENOTSUP, ERANGE, lastErrno,
} from './errno';
export { EventHandler, ServerEvent } from './event';
export { Handle, Status } from './handle';
export { addOverflows, multiplyOverflows, subtractOverflows } from './integer';
export { AofWriter, Digest, RdbReader, RdbWriter } from './io';
export { Key } from './key';
export { HashKey } from './key-hash';
export { ListKey } from './key-list';
export { StringKey } from './key-string';
export { ZsetKey } from './key-zset';
export { Module } from './module';
export { ModuleType, ModuleValue } from './module-type';
export { Reply } from './reply';
export { Argv, CString, OwnedString, RString } from './string';
export { cstring, scratch, scratchMark, scratchRelease, utf8Length } from './scratch';
