// Compiles every function of the SDK: `asc` looks only at what is used. `useAll` is exported so
// that it counts as used; nobody calls it.

import {
  addOverflows, AofWriter, Argv, BlockedClient, CallReply, clearErrno, Command, CommandInfo,
  Context, CString, Digest, EINVAL, Key, lastErrno, milliseconds, Module, monotonicMicroseconds,
  multiplyOverflows, OwnedString, RdbReader, RdbWriter, REDISMODULE_ARG_TYPE_STRING,
  REDISMODULE_CMD_KEY_RO, REDISMODULE_EVENT_FLUSHDB, REDISMODULE_OK, Reply, RString, ServerEvent,
  Status, subtractOverflows,
} from 'redcell/guest-as';

let sink: i64 = 0;

function use<T>(value: T): void {
  sink += isReference<T>() ? <i64>changetype<usize>(value) : <i64>value;
}

function handler(ctx: Context, argv: Argv, argc: i32): Status {
  return ctx.wrongArity();
}

function event(ctx: Context, type: i32, name: CString, key: RString): Status {
  use(name.toString());
  use(name.length);
  use(name.is('set'));
  return 0;
}

function serverEvent(ctx: Context, event: ServerEvent, subevent: u64, data: usize): void {
  use(<i64>event.id);
}

function disconnected(ctx: Context, client: BlockedClient): void {
  use(client.abort());
  use(client.unblockEmpty());
}

function withText(ctx: Context, text: string): void {
  use(text);
}

function useContext(ctx: Context): void {
  ctx.log('notice', 'text');
  ctx.autoMemory();
  use(ctx.flags);
  use(ctx.clientId);
  use(ctx.selectedDb);
  use(ctx.selectDb(1));
  use(ctx.isNull);
  const name = ctx.string('name');
  use(ctx.keyExists(name));
  use(ctx.call(new Command('PING')));
  use(ctx.replicate(new Command('SET').string(name).bytes(new Uint8Array(1)), 'A'));
  use(ctx.replicateVerbatim());
  use(ctx.notify(1, 'event', name));
  use(ctx.createCommand('x', handler, ''));
  use(ctx.subscribe(1, event));
  use(ctx.subscribeEvent(REDISMODULE_EVENT_FLUSHDB, serverEvent));
  ctx.setOptions(1);
  use(ctx.afterNotification<string>(withText, 'text'));
  use(ctx.createTimer<string>(1, withText, 'text'));
  use(ctx.stopTimer(1));
  use(ctx.blockClient<Command>(handler, handler, 1));
  use(ctx.blockedData<Command>());
  ctx.blockedClient.onDisconnect(disconnected);
  use(ctx.blockedClient.unblock(new Command('x')));
}

function useStrings(ctx: Context, argv: Argv): void {
  const made: OwnedString = ctx.stringFromBytes(new Uint8Array(3));
  use(ctx.stringFromInteger(1));
  use(ctx.stringFromDouble(1.5));
  use(argv[0].toByteString());
  use(argv[0].is('text'));
  use(argv[0].equals(made));
  use(argv[0].compare(made));
  use(argv[0].isDouble);
  use(<i64>argv[0].toDouble());
  use(argv[0].copy(ctx));
  use(argv[0].hold());
  use(made.append(ctx, argv[0]));
  use(made.appendText(ctx, 'text'));
  use(made.appendBytes(ctx, new Uint8Array(1)));
  made.free();
}

function useReplies(reply: Reply, made: RString, called: CallReply): void {
  use(reply.simpleString('OK'));
  use(reply.simple(made));
  use(reply.error('ERR'));
  use(reply.integer(1));
  use(reply.double(1));
  use(reply.bool(true));
  use(reply.bigNumber('1'));
  use(reply.nil());
  use(reply.string(made));
  use(reply.text('text'));
  use(reply.bytes(new Uint8Array(1)));
  use(reply.buffer(0, 0));
  use(reply.emptyString());
  use(reply.verbatim('text'));
  use(reply.array(1));
  use(reply.map(1));
  use(reply.set(1));
  use(reply.emptyArray());
  use(reply.nullArray());
  use(reply.beginArray());
  reply.endArray(1);
  use(reply.beginMap());
  reply.endMap(1);
  use(reply.beginSet());
  reply.endSet(1);
  use(reply.callReply(called));
}

function useCallReply(reply: CallReply): void {
  use(reply.type);
  use(reply.isError);
  use(reply.isNil);
  use(reply.length);
  use(reply.toInteger());
  use(<i64>reply.toDouble());
  use(reply.toBool());
  use(reply.toString());
  use(reply.toBytes());
  use(reply.toOwnedString());
  use(reply[0]);
  use(reply.member(0));
  use(reply.mapKey(0));
  use(reply.mapValue(0));
  reply.free();
}

function useKey(key: Key, name: RString): void {
  use(key.isEmpty);
  use(key.length);
  use(key.name);
  use(key.moduleType);
  use(key.expireMs);
  use(key.setExpireMs(1));
  use(key.expireAtMs);
  use(key.setExpireAtMs(1));
  use(key.delete());
  use(key.unlink());
  key.close();
  use(key.string.set(name));
  use(key.string.toBytes());
  use(key.string.toString());
  use(key.string.dma(1));
  use(key.string.truncate(1));
  use(key.hash.get(name));
  use(key.hash.getText('field'));
  use(key.hash.has(name));
  use(key.hash.set(name, name));
  use(key.hash.setText('field', name));
  use(key.hash.add(name, name));
  use(key.hash.delete(name));
  use(key.list.pushHead(name));
  use(key.list.pushTail(name));
  use(key.list.popHead());
  use(key.list.popTail());
  use(key.list.get(0));
  use(key.list.set(0, name));
  use(key.list.insert(0, name));
  use(key.list.delete(0));
}

function useZset(key: Key, name: RString): void {
  use(key.zset.add(1, name));
  use(<i64>key.zset.increment(1, name));
  use(key.zset.remove(name));
  use(<i64>key.zset.score(name));
  use(key.zset.rangeByScore(1, 2));
  use(key.zset.reverseByScore(1, 2));
  use(key.zset.rangeByLex(name, name));
  use(key.zset.reverseByLex(name, name));
  use(key.zset.isDone);
  use(key.zset.member);
  use(<i64>key.zset.memberScore);
  use(key.zset.next());
  use(key.zset.previous());
  key.zset.stop();
}

function useStreams(writer: RdbWriter, reader: RdbReader, aof: AofWriter, digest: Digest): void {
  writer.signed(1);
  writer.unsigned(1);
  writer.double(1);
  writer.string(reader.string());
  writer.bytes(reader.bytes());
  writer.text(reader.text());
  use(reader.signed());
  use(reader.unsigned());
  use(<i64>reader.double());
  use(reader.hasError);
  reader.log('warning', 'text');
  use(aof.ctx);
  aof.emit(new Command('x'));
  digest.integer(1);
  digest.bytes(new Uint8Array(1));
  digest.text('text');
  digest.end();
}

export function useAll(ctx: Context, argv: Argv, argc: i32): Status {
  const module = new Module(ctx, 'everything', 1);
  module.command('x', handler, '');
  module.subscribe(1, event);
  const info = new CommandInfo('summary', 2).key('key', 1, REDISMODULE_CMD_KEY_RO);
  module.document('x', info.argument('word', REDISMODULE_ARG_TYPE_STRING));
  useContext(ctx);
  useStrings(ctx, argv);
  useReplies(ctx.reply, argv[0], ctx.call(new Command('x'), '!'));
  useCallReply(ctx.call(new Command('x')));
  useKey(ctx.openKey(argv[0], 1), argv[0]);
  useZset(ctx.openKey(argv[0], 1), argv[0]);
  useStreams(
    changetype<RdbWriter>(1), changetype<RdbReader>(1), changetype<AofWriter>(1),
    changetype<Digest>(1),
  );
  clearErrno();
  use(lastErrno() === EINVAL);
  use(milliseconds());
  use(<i64>monotonicMicroseconds());
  use(addOverflows(1, 2) || subtractOverflows(1, 2) || multiplyOverflows(1, 2));
  return module.done('text');
}

export function RedisModule_OnLoad(ctx: Context, argv: Argv, argc: i32): Status {
  return REDISMODULE_OK;
}
