// RedisModule_Call: the checks in Redis's order, then the command through the executor with a
// socketless client, its reply collected as values.

import type { ERRNO } from '../../abi/exports.ts';
import type { Handle } from '../../abi/kinds.ts';
import type { User } from '../acl/user.ts';
import type { CallOptions } from '../dispatch/call.ts';
import type { Client } from '../dispatch/client.ts';
import { COMMAND_FLAG } from '../dispatch/command-flags.ts';
import {
  CALL_AS_NOBODY,
  type CommandError,
  calledInScriptMode,
  calledWhileReadOnly,
  deniedToModules,
  noModuleUser,
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
  /** In whose name it runs; null: nobody's. */
  readonly user: User | null;
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
    const isAsUser = (flags & CALL.asUser) !== 0;
    const user = isAsUser ? userOf(context) : null;
    if (isAsUser && user === null) {
      return this.#refuse(context, flags, 'ENOTSUP', CALL_AS_NOBODY);
    }
    const entry = table.lookupCall(argv);
    if (entry === undefined) return this.#refuse(context, flags, 'ENOENT', this.#whyNot(argv));
    if (!entry.accepts(argv.length)) {
      return this.#refuse(context, flags, 'EINVAL', this.#whyNot(argv));
    }
    if (entry.has(COMMAND_FLAG.noscript) && isDenied(entry)) {
      return this.#refuse(context, flags, 'EACCES', deniedToModules(entry.fullName));
    }
    if ((flags & GUARDED) !== 0) {
      const refusal = this.#guard(flags, entry);
      if (refusal !== null) return this.#refuse(context, flags, refusal.errno, refusal.error);
    }
    const limit = this.#m.host.callUserName === '' ? null : this.#limit;
    if (user !== null || limit !== null) {
      const denial = this.#denial(context, user, limit, entry, argv);
      if (denial !== null) return this.#refuse(context, flags, 'EACCES', denial);
    }
    if ((flags & CALL.dryRun) !== 0) {
      this.#m.clearErrno();
      return 0;
    }
    const protocol = this.#protocolOf(context, flags);
    const db = context.db ?? this.#m.host.client.db;
    const prepared = { entry, argv, flags, protocol, db, user: user ?? limit ?? null };
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
    return null;
  }

  /** Whose permissions every call needs beside the caller's; undefined: nobody's are enough. */
  get #limit(): User | undefined {
    const { access, callUserName } = this.#m.host;
    return access.users.get(callUserName) ?? undefined;
  }

  /** What the user a call is made for, or the one that limits all calls, may not do. */
  #denial(
    context: ModuleContext,
    user: User | null,
    limit: User | null | undefined,
    entry: CommandEntry,
    argv: Argv,
  ): CommandError | null {
    const { access, callUserName, client } = this.#m.host;
    if (limit === undefined) return noModuleUser(callUserName);
    const about = context.client ?? client;
    const command = { entry, argv, origin: 'module' } as const;
    const refusal = user === null ? null : access.refusalOf(about, user, command);
    if (refusal !== null || limit === null || limit === user) return refusal;
    return access.refusalOf(about, limit, command);
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
    const { db, user, propagatesTo } = client;
    client.db = call.db;
    client.user = call.user;
    const argv = this.#prepareEffects(client, call);
    builder.begin(call.protocol, this.#m.quota.roomBytes);
    executor.call(client, call.entry, argv, builder, DENY_BLOCKING);
    client.db = db;
    client.user = user;
    client.propagatesTo = propagatesTo;
    if (client.transaction !== null) client.transaction = null; // MULTI means nothing here
    if (builder.isTooLarge) this.#m.quota.refuse(builder.costBytes, 'a reply');
    this.#m.fuel.checkAt(executor.monotonicMs); // the executor has just read the clock
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
    client.user = call.user;
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

const GUARDED = CALL.script | CALL.refuseOom | CALL.noWrites;

/** In whose name a call with the flag C runs; null: there is nobody. */
function userOf(context: ModuleContext): User | null {
  return context.user?.user ?? context.client?.user ?? null;
}
