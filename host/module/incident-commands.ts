// MODULE INCIDENTS, LASTERROR and RESUME: redcell's own.

import { string } from '../dispatch/args.ts';
import type { Context } from '../dispatch/context.ts';
import { CommandError, SYNTAX } from '../dispatch/errors.ts';
import { type CommandSpec, subcommand } from '../dispatch/spec.ts';
import { bytesOf } from '../lib/bytes.ts';
import { type LoadedModule, MODULES } from './host.ts';
import type { Incident } from './incidents.ts';

export const incidentSubcommands: readonly CommandSpec[] = [
  subcommand({
    name: 'incidents',
    summary: 'Lists what happened when modules trapped, newest first.',
    since: '7.2.4',
    complexity: 'O(N) in the number of incidents kept',
    flags: ['admin', 'noscript'],
    args: [string('name', { optional: true })],
    arity: -2,
    run: runIncidents,
  }),
  subcommand({
    name: 'lasterror',
    summary: 'Shows what happened when a module trapped last.',
    since: '7.2.4',
    complexity: 'O(1)',
    flags: ['admin', 'noscript'],
    args: [string('name')],
    run: (ctx) => {
      const last = ctx.service(MODULES).incidents.list(ctx.arg(2).toText())[0];
      if (last !== undefined) writeIncident(ctx, last);
      else {
        loadedModule(ctx);
        ctx.reply.null();
      }
    },
  }),
  subcommand({
    name: 'resume',
    summary: 'Ends the quarantine of a module.',
    since: '7.2.4',
    complexity: 'O(1)',
    flags: ['admin', 'noscript'],
    args: [string('name')],
    run: (ctx) => {
      loadedModule(ctx).instance.quarantine.resume();
      ctx.reply.simple('OK');
    },
  }),
];

/** The module that argument 2 names. */
export function loadedModule(ctx: Context): LoadedModule {
  const loaded = ctx.service(MODULES).modules.get(ctx.arg(2).toText());
  if (loaded === undefined) throw new CommandError('ERR no such module with that name');
  return loaded;
}

/** Of a module that has been unloaded, too. */
function runIncidents(ctx: Context): void {
  if (ctx.argc > 3) throw SYNTAX;
  const name = ctx.argc > 2 ? ctx.arg(2).toText() : null;
  const incidents = ctx.service(MODULES).incidents.list(name);
  ctx.reply.array(incidents.length);
  for (const incident of incidents) writeIncident(ctx, incident);
}

function writeIncident({ reply }: Context, incident: Incident): void {
  const texts = {
    id: incident.id,
    module: incident.module,
    where: incident.where,
    reason: incident.reason,
  };
  const lists = { frames: incident.frames, args: incident.args };
  const numbers = {
    'time.ms': incident.timeMs,
    'memory.bytes': incident.memoryBytes,
    'live.bytes': incident.liveBytes,
    handles: incident.handles,
  };
  reply.map(10);
  for (const [name, text] of Object.entries(texts)) {
    reply.bulk(name);
    reply.bulk(bytesOf(text));
  }
  for (const [name, list] of Object.entries(lists)) {
    reply.bulk(name);
    reply.array(list.length);
    for (const text of list) reply.bulk(bytesOf(text));
  }
  for (const [name, number] of Object.entries(numbers)) {
    reply.bulk(name);
    reply.integer(number);
  }
}
