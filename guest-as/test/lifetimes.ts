// A guest for test/guest-as: objects that only the host refers to, and memory that must outlive
// a call of the host. Each command answers with what it found in such an object.

import {
  AofWriter, Argv, BlockedClient, Command, Context, CString, cstring, Module, ModuleType,
  ModuleValue, RdbReader, RdbWriter, REDISMODULE_READ, REDISMODULE_WRITE, RString, scratch,
  scratchMark, scratchRelease, Status,
} from 'redcell/guest-as';

/** A value with objects of its own: the collector must reach them through the pinned one. */
class Notes implements ModuleValue {
  lines: string[] = [];
  lengths: Map<string, i32> = new Map<string, i32>();

  add(line: string): void {
    this.lines.push(line);
    this.lengths.set(line, line.length);
  }

  describe(): string {
    let total = 0;
    for (let i = 0; i < this.lines.length; i++) total += this.lengths.get(this.lines[i]);
    return `${this.lines.join('|')} ${total}`;
  }

  save(rdb: RdbWriter): void {
    rdb.signed(this.lines.length);
  }

  load(rdb: RdbReader, encver: i32): bool {
    const count = rdb.signed();
    for (let i: i64 = 0; i < count; i++) this.add(`loaded ${i}`);
    return encver === 0;
  }

  rewrite(aof: AofWriter, key: RString): void {
    const command = new Command('NOTES.ADD').string(key);
    for (let i = 0; i < this.lines.length; i++) command.text(this.lines[i]);
    aof.emit(command.integer(this.lines.length));
  }
}

const notes = new ModuleType<Notes>('notes-as-', 0);

// NOTES.ADD key line...
function add(ctx: Context, argv: Argv, argc: i32): Status {
  const key = ctx.openKey(argv[1], REDISMODULE_READ | REDISMODULE_WRITE);
  const stored = notes.get(key);
  const value = stored !== null ? stored : new Notes();
  for (let i = 2; i < argc; i++) value.add(argv[i].toString());
  if (stored === null) notes.set(key, value);
  return ctx.reply.integer(value.lines.length);
}

// NOTES.GET key
function get(ctx: Context, argv: Argv, argc: i32): Status {
  const value = notes.get(ctx.openKey(argv[1], REDISMODULE_READ));
  return value === null ? ctx.reply.nil() : ctx.reply.text(value.describe());
}

class Message {
  constructor(readonly text: string, readonly owner: Message | null) {}

  dispose(): void {
    disposed++;
  }
}

let disposed: i32 = 0;
let lastTimer: u64 = 0;

function message(argument: RString): Message {
  const text = argument.toString();
  return new Message(text, new Message(`from ${text}`, null));
}

function read(data: Message): string {
  const owner = data.owner;
  return owner === null ? data.text : `${data.text} ${owner.text}`;
}

// TIMER.START text
function timerStart(ctx: Context, argv: Argv, argc: i32): Status {
  lastTimer = ctx.createTimer<Message>(10, (ctx, data) => {
    const garbage = new Array<string>(8).fill('x').join(data.text); // must not reuse its memory
    ctx.reply.text(`${read(data)} ${garbage.length}`);
  }, message(argv[1]));
  return ctx.reply.integer(lastTimer);
}

// TIMER.STOP
function timerStop(ctx: Context, argv: Argv, argc: i32): Status {
  return ctx.reply.integer(ctx.stopTimer(lastTimer));
}

function answer(ctx: Context, argv: Argv, argc: i32): Status {
  const data = ctx.blockedData<Message>();
  return data === null ? ctx.reply.nil() : ctx.reply.text(read(data));
}

// BLOCK text
function block(ctx: Context, argv: Argv, argc: i32): Status {
  const client: BlockedClient = ctx.blockClient<Message>(answer, answer, 1000);
  return client.unblock(message(argv[1]));
}

// DISPOSED
function countDisposed(ctx: Context, argv: Argv, argc: i32): Status {
  return ctx.reply.integer(disposed);
}

// CALL word... : every kind of argument, many of them
function call(ctx: Context, argv: Argv, argc: i32): Status {
  const command = new Command('ECHO').integer(-1).string(argv[0]);
  for (let i = 1; i < argc; i++) {
    command.text(argv[i].toString()).integer(i).bytes(argv[i].toBytes());
  }
  const reply = ctx.call(command, '!E');
  return reply.isNull ? ctx.reply.nil() : ctx.reply.simpleString('OK');
}

// LONG length : texts that do not fit into scratch memory, and small ones beside them
function long(ctx: Context, argv: Argv, argc: i32): Status {
  const text = 'ä'.repeat(<i32>argv[1].toInteger());
  ctx.reply.text(text);
  ctx.log('notice', text);
  return ctx.reply.simpleString('OK');
}

// SCRATCH : nested uses of scratch memory, outside and inside of its fixed part
function nested(ctx: Context, argv: Argv, argc: i32): Status {
  const outer = scratchMark();
  const kept = cstring('kept');
  const large = scratch(5000);
  memory.fill(large, 0x41, 5000);
  const inner = scratchMark();
  memory.fill(scratch(5000), 0x42, 5000);
  cstring('inner');
  scratchRelease(inner);
  cstring('after');
  const isIntact = load<u8>(large) === 0x41 && load<u8>(large + 4999) === 0x41;
  const name = changetype<CString>(kept).toString();
  scratchRelease(outer);
  ctx.reply.integer(isIntact ? 1 : 0);
  ctx.reply.integer(scratchMark() === outer ? 1 : 0);
  return ctx.reply.text(name);
}

// BOOM word : aborts with a live object on the stack
function boom(ctx: Context, argv: Argv, argc: i32): Status {
  const word = argv[1].toString();
  throw new Error(`the fuse is ${word}`);
}

export function RedisModule_OnLoad(ctx: Context, argv: Argv, argc: i32): Status {
  const module = new Module(ctx, 'lifetimes', 1);
  module.type(notes);
  module.command('notes.add', add, 'write', 1, 1, 1);
  module.command('notes.get', get, 'readonly', 1, 1, 1);
  module.command('timer.start', timerStart, 'readonly');
  module.command('timer.stop', timerStop, 'readonly');
  module.command('block', block, 'readonly');
  module.command('disposed', countDisposed, 'readonly');
  module.command('call', call, 'write');
  module.command('long', long, 'readonly');
  module.command('scratch', nested, 'readonly');
  module.command('boom', boom, 'readonly');
  return module.done('ready');
}
