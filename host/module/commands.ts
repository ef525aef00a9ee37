// MODULE LOAD, LOADEX, UNLOAD, LIST, and MEMORY, which is redcell's own.

import { block, string } from '../dispatch/args.ts';
import type { Context } from '../dispatch/context.ts';
import { CommandError, INTERNAL } from '../dispatch/errors.ts';
import { type CommandEntry, command } from '../dispatch/spec.ts';
import { reportBug } from '../lib/bug-report.ts';
import { type ByteString, bytesOf } from '../lib/bytes.ts';
import type { LoadedCode } from './code.ts';
import { type LoadedModule, MODULES, type ModuleHost } from './host.ts';
import { incidentSubcommands, loadedModule } from './incident-commands.ts';
import { KIND_NAMES } from './kinds.ts';
import { ModuleLoadError } from './load-error.ts';
import { quotable } from './printable.ts';

const HELP = [
  'MODULE <subcommand> [<arg> [value] [opt] ...]. Subcommands are:',
  'INCIDENTS [<name>]',
  '    Show what happened when modules trapped, newest first.',
  'LASTERROR <name>',
  '    Show what happened when a module trapped last.',
  'LIST',
  '    Return a list of loaded modules.',
  'LOAD <path> [<arg> ...]',
  '    Load a module library from <path>, passing to it any optional arguments.',
  'LOADEX <path> [[CONFIG NAME VALUE] [CONFIG NAME VALUE]] [ARGS ...]',
  '    Load a module library from <path>, while passing it module configurations and optional arguments.',
  'MEMORY <name>',
  '    Show what a module holds of its memory and of host objects.',
  'RESUME <name>',
  '    End the quarantine of a module that trapped too often.',
  'UNLOAD <name>',
  '    Unload a module.',
  'HELP',
  '    Prints this help.',
];

const LOAD_FAILED = 'ERR Error loading the extension';

/** What a LOAD or LOADEX asks for. */
interface LoadRequest {
  readonly path: string;
  readonly args: readonly ByteString[];
  /** Module configs by name, from CONFIG name value. */
  readonly configs: ReadonlyMap<string, ByteString>;
}

const module = command({
  name: 'module',
  summary: 'Commands on modules.',
  since: '4.0.0',
  group: 'server',
  complexity: 'That of the subcommand',
  flags: [],
  subcommands: [
    {
      name: 'help',
      summary: 'Lists the subcommands.',
      since: '5.0.0',
      complexity: 'O(1)',
      flags: ['loading', 'stale'],
      run: (ctx) => {
        ctx.reply.array(HELP.length);
        for (const line of HELP) ctx.reply.simple(line);
      },
    },
    {
      name: 'list',
      summary: 'Lists the loaded modules.',
      since: '4.0.0',
      complexity: 'O(N) in the number of modules',
      flags: ['admin', 'noscript'],
      tips: ['nondeterministic_output_order'],
      run: (ctx) => {
        const { modules } = ctx.service(MODULES);
        ctx.reply.array(modules.size);
        for (const loaded of modules.values()) writeModule(ctx, loaded);
      },
    },
    {
      name: 'load',
      summary: 'Loads a module.',
      since: '4.0.0',
      complexity: 'O(1)',
      flags: ['admin', 'noscript', 'no_async_loading', 'protected'],
      args: [string('path'), string('arg', { optional: true, multiple: true })],
      run: (ctx) => load(ctx, { path: ctx.arg(2).toText(), args: ctx.rest(3), configs: new Map() }),
    },
    {
      name: 'loadex',
      summary: 'Loads a module and configures it.',
      since: '7.0.0',
      complexity: 'O(1)',
      flags: ['admin', 'noscript', 'no_async_loading', 'protected'],
      args: [
        string('path'),
        block('configs', [string('name'), string('value')], {
          token: 'CONFIG',
          optional: true,
          multiple: true,
          multipleToken: true,
        }),
        string('args', { token: 'ARGS', optional: true, multiple: true }),
      ],
      run: (ctx) => load(ctx, parseLoadex(ctx)),
    },
    {
      name: 'memory',
      summary: 'Shows what a module holds of its memory and of host objects.',
      since: '7.2.4',
      complexity: 'O(N) in the number of host objects of the module',
      flags: ['admin', 'noscript'],
      args: [string('name')],
      run: (ctx) => writeMemory(ctx, loadedModule(ctx)),
    },
    ...incidentSubcommands,
    {
      name: 'unload',
      summary: 'Unloads a module.',
      since: '4.0.0',
      complexity: 'O(1)',
      flags: ['admin', 'noscript', 'no_async_loading', 'protected'],
      args: [string('name')],
      run: (ctx) => {
        const refusal = ctx.service(MODULES).unload(ctx.arg(2).toText());
        if (refusal !== null) throw new CommandError(`ERR Error unloading module: ${refusal}`);
        ctx.reply.simple('OK');
      },
    },
  ],
});

export const moduleCommands: readonly CommandEntry[] = [module];

/** Words after the path: CONFIG name value, any number of times, then ARGS and all the rest. */
function parseLoadex(ctx: Context): LoadRequest {
  const configs = new Map<string, ByteString>();
  let args: readonly ByteString[] = [];
  for (let i = 3; i < ctx.argc; ) {
    if (ctx.arg(i).is('args')) {
      args = ctx.rest(i + 1);
      break;
    }
    if (!ctx.arg(i).is('config')) {
      const word = quotable(ctx.arg(i).toText());
      throw badLoadex(ctx, `Syntax Error from arguments to loadex around ${word}.`);
    }
    if (i + 2 >= ctx.argc) throw badLoadex(ctx, 'CONFIG specified without name value pair');
    configs.set(ctx.arg(i + 1).toLower(), ctx.arg(i + 2).toByteString());
    i += 3;
  }
  return { path: ctx.arg(2).toText(), args, configs };
}

function badLoadex(ctx: Context, reason: string): CommandError {
  ctx.service(MODULES).log.warning(reason);
  return new CommandError(`${LOAD_FAILED}. Please check the server logs.`);
}

/** Compiles while others are served; the client waits. Where it may not, everybody does. */
function load(ctx: Context, request: LoadRequest): void {
  const host = ctx.service(MODULES);
  if (!ctx.canBlock) {
    const failure = finishLoad(host, request, () => host.prepareNow(request.path));
    if (failure !== null) throw failure;
    ctx.reply.simple('OK');
    return;
  }
  const { client, executor } = ctx;
  const { blocking } = executor;
  let isGone = false;
  ctx.isBlocked = true;
  blocking.suspend(client, {
    kind: 'async',
    timeOut: () => {},
    cancel: () => {
      isGone = true;
    },
  });
  const answer = (failure: CommandError | null): void => {
    if (isGone) return;
    if (failure === null) client.writer.simple('OK');
    else client.writer.error(failure.message);
    blocking.release(client);
  };
  host.prepare(request.path).then(
    (code) => executor.unit(() => answer(finishLoad(host, request, () => code))),
    (error: unknown) => answer(refused(host, request.path, error)),
  );
}

/** Instantiates and runs OnLoad; returns the error to answer with, or null. */
function finishLoad(
  host: ModuleHost,
  request: LoadRequest,
  code: () => LoadedCode,
): CommandError | null {
  try {
    host.load(code(), request.path, request.args, request.configs);
    return null;
  } catch (error) {
    return refused(host, request.path, error);
  }
}

/** Logs why a module cannot be loaded and makes the reply of it. */
function refused(host: ModuleHost, path: string, error: unknown): CommandError {
  const name = quotable(path);
  if (!(error instanceof ModuleLoadError)) {
    reportBug(host.log, `while loading the module ${name}`, error);
    return INTERNAL;
  }
  host.log.warning(`Module ${name} failed to load: ${error.message}`);
  return new CommandError(`${LOAD_FAILED}. Please check the server logs. ${name} ${error.message}`);
}

function writeModule(ctx: Context, { instance, path, args }: LoadedModule): void {
  const { reply } = ctx;
  reply.map(4);
  reply.bulk('name');
  reply.bulk(bytesOf(instance.name));
  reply.bulk('ver');
  reply.integer(instance.version);
  reply.bulk('path');
  reply.bulk(bytesOf(path));
  reply.bulk('args');
  reply.array(args.length);
  for (const arg of args) reply.bulk(arg);
}

/** A full collection first, so that garbage does not look like a leak. */
function writeMemory(ctx: Context, { instance }: LoadedModule): void {
  instance.collect();
  const { allocator, handles, quota } = instance;
  const { outstanding } = allocator;
  const numbers: [string, number][] = [
    ['linear.bytes', instance.memoryBytes],
    ['linear.max.bytes', instance.memoryMaxBytes],
    ['objects.bytes', quota.objectBytes],
    ['heap.bytes', allocator.heapBytes],
    ['live.bytes', allocator.liveBytes],
    ['live.blocks', allocator.liveBlocks],
    ['peak.bytes', allocator.peakBytes],
    ['allocations', allocator.allocations],
    ['frees', allocator.frees],
    ['last.command.blocks', outstanding.blocks],
    ['last.command.bytes', outstanding.bytes],
    ['handles', handles.liveCount],
  ];
  const byKind = handles.countByKind();
  const kinds = byKind.flatMap((count, kind) => (count > 0 ? [[kind, count] as const] : []));
  ctx.reply.map(numbers.length + kinds.length);
  for (const [name, value] of numbers) {
    ctx.reply.bulk(name);
    ctx.reply.integer(value);
  }
  for (const [kind, count] of kinds) {
    ctx.reply.bulk(`handles.${(KIND_NAMES[kind] ?? '').replaceAll(' ', '_')}`);
    ctx.reply.integer(count);
  }
}
