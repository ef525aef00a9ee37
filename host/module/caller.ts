// RedisModule_Call: the checks in Redis's order, then the command through the executor with a
// socketless client, its reply collected as values.

import type { ERRNO } from '../../abi/exports.ts';
import type { Handle } from '../../abi/kinds.ts';
import type { CallOptions } from '../dispatch/call.ts';
import type { Client } from '../dispatch/client.ts';
import { COMMAND_FLAG } from '../dispatch/command-flags.ts';
import {
  CALL_AS_NOBODY,
  type CommandError,
  calledInScriptMode,
  calledWhileReadOnly,
  deniedToModules,
  OUT_OF_MEMORY,
  unknownCommand,
} from '../dispatch/errors.ts';
import { TO_ALL, TO_FILE, TO_REPLICAS } from '../dispatch/propagation.ts';
import type { CommandEntry } from '../dispatch/spec.ts';
import type { Database } from '../keyspace/database.ts';
import type { Argv } from '../lib/argv.ts';
import type { ByteString } from '../lib/bytes.ts';
import { BAD_FORMAT, CALL, CallReader } from './call-format.ts';
import { CallPromise, replyOf } from './call-promise.ts';
import { CallReply, NODE, newReply } from './call-reply.ts';
import type { ModuleContext } from './context.ts';
import type { ModuleInstance } from './instance.ts';
import { ReplyBuilder } from './reply-builder.ts';

type Errno = keyof typeof ERRNO;

const DENY_BLOCKING: CallOptions = { deniesBlocking: true };

/** One call under way; used again at the same depth. */
class Frame {
  readonly reader = new CallReader();
  readonly builder = new ReplyBuilder();
}

/** What a checked call needs to run. */
interface Prepared {
  readonly entry: CommandEntry;
  readonly argv: Argv;
  readonly flags: number;
  readonly protocol: 2 | 3;
  readonly db: Database;
  readonly userName: string;
}

/** Where the effects of a call with these flags may go. */
export function targetsOf(flags: number): number {
  let targets = TO_ALL;
  if ((flags & CALL.noAof) !== 0) targets &= ~TO_FILE;
  if ((flags & CALL.noReplicas) !== 0) targets &= ~TO_REPLICAS;
  return targets;
}

/** Makes the calls of one module. */
export class Caller {
  readonly #m: ModuleInstance;
  readonly #frames: Frame[] = [];
  #depth = 0;

  constructor(m: ModuleInstance) {
    this.#m = m;
  }

  /** Returns the handle of the reply, or 0 with errno set. */
  call(ctx: number, cmdname: number, fmt: number, args: number): Handle<'reply'> | 0 {
    const m = this.#m;
    const context = m.context(ctx);
    const frame = this.#frameAt(this.#depth++);
    try {
      const flags = frame.reader.read(m, cmdname, fmt, args);
      if (flags === BAD_FORMAT) {
        m.setErrno('EBADF');
        return 0;
      }
      return this.#checked(context, frame, flags);
    } finally {
      this.#depth--;
    }
  }

  #frameAt(depth: number): Frame {
    let frame = this.#frames[depth];
    if (frame === undefined) {
      frame = new Frame();
      this.#frames[depth] = frame;
    }
    return frame;
  }

  #checked(context: ModuleContext, frame: Frame, flags: number): Handle<'reply'> | 0 {
    const { table } = this.#m.host;
    const { argv } = frame.reader;
    const user = (flags & CALL.asUser) === 0 ? '' : userOf(context);
    if (user === null) return this.#refuse(context, flags, 'ENOTSUP', CALL_AS_NOBODY);
    const entry = table.lookupCall(argv);
    if (entry === undefined) return this.#refuse(context, flags, 'ENOENT', this.#whyNot(argv));
    if (!entry.accepts(argv.length)) {
      return this.#refuse(context, flags, 'EINVAL', this.#whyNot(argv));
    }
    if (entry.has(COMMAND_FLAG.noscript) && isDenied(entry)) {
      return this.#refuse(context, flags, 'EACCES', deniedToModules(entry.fullName));
    }
    if ((flags & GUARDED) !== 0) {
      const refusal = this.#guard(flags, entry, argv, user);
      if (refusal !== null) return this.#refuse(context, flags, refusal.errno, refusal.error);
    }
    if ((flags & CALL.dryRun) !== 0) {
      this.#m.clearErrno();
      return 0;
    }
    const protocol = this.#protocolOf(context, flags);
    const db = context.db ?? this.#m.host.client.db;
    const prepared = { entry, argv, flags, protocol, db, userName: user };
    if ((flags & CALL.mayBlock) !== 0) return this.#runBlocking(context, prepared);
    return newReply(this.#m, this.#run(frame.builder, prepared), context);
  }

  /** The dispatcher's own words for a command that does not exist or has other arguments. */
  #whyNot(argv: Argv): CommandError {
    const found = this.#m.host.dispatcher.resolve(argv);
    if (!('number' in found)) return found;
    return unknownCommand(argv.at(0).toByteString(), argv.toByteStrings(1));
  }

  #guard(
    flags: number,
    entry: CommandEntry,
    argv: Argv,
    user: string,
  ): { readonly errno: Errno; readonly error: CommandError } | null {
    const { host } = this.#m;
    if ((flags & CALL.script) !== 0 && entry.has(COMMAND_FLAG.noscript)) {
      return { errno: 'ESPIPE', error: calledInScriptMode(entry.fullName) };
    }
    if ((flags & CALL.refuseOom) !== 0 && entry.has(COMMAND_FLAG.denyoom)) {
      const { memoryGate } = host.dispatcher;
      if (memoryGate !== null && !memoryGate()) return { errno: 'ENOSPC', error: OUT_OF_MEMORY };
    }
    if ((flags & CALL.noWrites) !== 0 && entry.has(COMMAND_FLAG.write)) {
      return { errno: 'ENOSPC', error: calledWhileReadOnly(entry.fullName) };
    }
    if ((flags & CALL.asUser) !== 0) {
      const error = host.aclRefusal?.(user, entry, argv) ?? null;
      if (error !== null) return { errno: 'EACCES', error };
    }
    return null;
  }

  #refuse(
    context: ModuleContext,
    flags: number,
    errno: Errno,
    error: CommandError,
  ): Handle<'reply'> | 0 {
    this.#m.setErrno(errno);
    if ((flags & CALL.errorReplies) === 0) return 0;
    const reply = new CallReply(NODE.error, error.message as ByteString); // as errors are sent
    return newReply(this.#m, reply, context);
  }

  #protocolOf(context: ModuleContext, flags: number): 2 | 3 {
    if ((flags & CALL.resp3) !== 0) return 3;
    if ((flags & CALL.respOfClient) === 0) return 2;
    return context.reply?.protocol ?? context.client?.writer.protocol ?? 2;
  }

  #run(builder: ReplyBuilder, call: Prepared): CallReply {
    const { executor, host } = this.#m;
    const { client } = host;
    // The client is shared by all calls, one inside the other: each leaves it as it was.
    const { db, userName, propagatesTo } = client;
    client.db = call.db;
    client.userName = call.userName;
    const argv = this.#prepareEffects(client, call);
    builder.begin(call.protocol, this.#m.quota.roomBytes);
    executor.call(client, call.entry, argv, builder, DENY_BLOCKING);
    client.db = db;
    client.userName = userName;
    client.propagatesTo = propagatesTo;
    if (client.transaction !== null) client.transaction = null; // MULTI means nothing here
    if (builder.isTooLarge) this.#m.quota.refuse(builder.costBytes, 'a reply');
    return builder.finish();
  }

  /** Says where effects may go; those that go somewhere outlive the memory of this call. */
  #prepareEffects(client: Client, { flags, argv }: Prepared): Argv {
    const replicates = (flags & CALL.replicate) !== 0;
    client.propagatesTo = replicates ? targetsOf(flags) : 0;
    if (!replicates || !this.#m.executor.propagation.isActive) return argv;
    this.#m.quota.chargeCall(argv.copyBytes, 'an effect');
    return argv.clone();
  }

  #runBlocking(context: ModuleContext, call: Prepared): Handle<'reply'> {
    const m = this.#m;
    const client = m.host.takeCallClient();
    client.db = call.db;
    client.userName = call.userName;
    client.writer.protocol = call.protocol;
    const argv = this.#prepareEffects(client, call);
    m.executor.call(client, call.entry, argv, client.writer);
    if (client.blocked === null) {
      const reply = replyOf(client);
      m.host.returnCallClient(client);
      return newReply(m, reply, context);
    }
    const reply = new CallReply(NODE.promise);
    reply.promise = new CallPromise(m, client);
    return newReply(m, reply, context);
  }
}

/**
 * Redis differs: there a module is part of the server. Here it may not end it, nor do what
 * enable-debug-command and enable-module-command keep from clients.
 */
function isDenied(entry: CommandEntry): boolean {
  return entry.has(COMMAND_FLAG.protected) || entry.fullName === 'shutdown';
}

const GUARDED = CALL.script | CALL.refuseOom | CALL.noWrites | CALL.asUser;

/** In whose name a call with the flag C runs; null: there is nobody. */
function userOf(context: ModuleContext): string | null {
  if (context.user !== null) return context.user.name;
  const name = context.client?.userName ?? '';
  return name === '' ? null : name;
}
