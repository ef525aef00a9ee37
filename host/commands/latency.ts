// LATENCY: the samples of the latency monitor, and the histograms of commands.

import { string } from '../dispatch/args.ts';
import type { Context } from '../dispatch/context.ts';
import { noLatencySamples } from '../dispatch/errors.ts';
import { replyHelp } from '../dispatch/help.ts';
import { LATENCY, type LatencyEvent } from '../dispatch/latency.ts';
import { type CommandEntry, command } from '../dispatch/spec.ts';
import { COMMAND_TABLE } from '../dispatch/table.ts';
import { usedEntries } from './info-statistics.ts';
import { drawLatency } from './latency-graph.ts';
import { bucketLabel } from './latency-histogram.ts';

export const latency = command({
  name: 'latency',
  summary: 'Commands on latency events.',
  since: '2.8.13',
  group: 'server',
  complexity: 'That of the subcommand',
  flags: [],
  subcommands: [
    {
      name: 'doctor',
      summary: 'Explains latency in words.',
      since: '2.8.13',
      complexity: 'O(1)',
      flags: ['admin', 'noscript', 'loading', 'stale'],
      tips: ['nondeterministic_output', 'request_policy:all_nodes', 'response_policy:special'],
      run: doctor,
    },
    {
      name: 'graph',
      summary: 'Draws the latency of an event.',
      since: '2.8.13',
      complexity: 'O(1)',
      flags: ['admin', 'noscript', 'loading', 'stale'],
      tips: ['nondeterministic_output', 'request_policy:all_nodes', 'response_policy:special'],
      args: [string('event')],
      run: graph,
    },
    {
      name: 'help',
      summary: 'Lists the subcommands.',
      since: '2.8.13',
      complexity: 'O(1)',
      flags: ['loading', 'stale'],
      run: replyHelp,
    },
    {
      name: 'histogram',
      summary: 'Returns how long commands took.',
      since: '7.0.0',
      complexity: 'O(N) in the number of commands shown',
      flags: ['admin', 'noscript', 'loading', 'stale'],
      tips: ['nondeterministic_output', 'request_policy:all_nodes', 'response_policy:special'],
      args: [string('command', { optional: true, multiple: true })],
      run: histogram,
    },
    {
      name: 'history',
      summary: 'Returns the latency samples of an event.',
      since: '2.8.13',
      complexity: 'O(1)',
      flags: ['admin', 'noscript', 'loading', 'stale'],
      tips: ['nondeterministic_output', 'request_policy:all_nodes', 'response_policy:special'],
      args: [string('event')],
      run: history,
    },
    {
      name: 'latest',
      summary: 'Returns the last latency sample of each event.',
      since: '2.8.13',
      complexity: 'O(1)',
      flags: ['admin', 'noscript', 'loading', 'stale'],
      tips: ['nondeterministic_output', 'request_policy:all_nodes', 'response_policy:special'],
      run: latest,
    },
    {
      name: 'reset',
      summary: 'Forgets the latency samples of events.',
      since: '2.8.13',
      complexity: 'O(1)',
      flags: ['admin', 'noscript', 'loading', 'stale'],
      tips: ['request_policy:all_nodes', 'response_policy:agg_sum'],
      args: [string('event', { optional: true, multiple: true })],
      run: reset,
    },
  ],
});

export const latencyCommands: readonly CommandEntry[] = [latency];

function latest(ctx: Context): void {
  const events = [...ctx.service(LATENCY).events()];
  ctx.reply.array(events.length);
  for (const { name, samples, maxMs } of events) {
    const last = samples.at(-1);
    ctx.reply.array(4);
    ctx.reply.bulk(name);
    ctx.reply.integer(last?.timeSec ?? 0);
    ctx.reply.integer(last?.latencyMs ?? 0);
    ctx.reply.integer(maxMs);
  }
}

function history(ctx: Context): void {
  const event = ctx.service(LATENCY).event(ctx.arg(2).toByteString());
  ctx.reply.array(event?.samples.length ?? 0);
  for (const { timeSec, latencyMs } of event?.samples ?? []) {
    ctx.reply.array(2);
    ctx.reply.integer(timeSec);
    ctx.reply.integer(latencyMs);
  }
}

function graph(ctx: Context): void {
  const name = ctx.arg(2).toByteString();
  const event = ctx.service(LATENCY).event(name);
  if (event === undefined) throw noLatencySamples(name);
  ctx.reply.verbatim('txt', drawLatency(event, Math.floor(ctx.nowMs / 1000)));
}

function reset(ctx: Context): void {
  const names = ctx.argc === 2 ? null : ctx.rest(2);
  ctx.reply.integer(ctx.service(LATENCY).reset(names));
}

/** Cumulative counts by upper bound in microseconds, for each command that was called. */
function histogram(ctx: Context): void {
  const table = ctx.service(COMMAND_TABLE);
  const asked =
    ctx.argc === 2 ? table.commands() : ctx.rest(2).flatMap((name) => table.lookupName(name) ?? []);
  const { stats } = ctx.executor;
  const found = [...usedEntries(ctx.executor, asked)].flatMap((entry) => {
    const counts = stats.histogramOf(entry.number);
    return counts === null ? [] : [{ name: entry.fullName, counts }];
  });
  ctx.reply.map(found.length);
  for (const { name, counts } of found) {
    ctx.reply.bulk(name);
    writeHistogram(ctx, counts);
  }
}

function writeHistogram(ctx: Context, counts: Uint32Array): void {
  const { reply } = ctx;
  const steps: [bound: number, seen: number][] = [];
  let seen = 0;
  for (const [bucket, count] of counts.entries()) {
    seen += count;
    if (count > 0) steps.push([bucketLabel(bucket), seen]);
  }
  reply.map(2);
  reply.bulk('calls');
  reply.integer(seen);
  reply.bulk('histogram_usec');
  reply.map(steps.length);
  for (const [bound, total] of steps) {
    reply.integer(bound);
    reply.integer(total);
  }
}

function doctor(ctx: Context): void {
  const monitor = ctx.service(LATENCY);
  const events = [...monitor.events()];
  let text: string;
  if (monitor.thresholdMs === 0 && events.length === 0) {
    text =
      'The latency monitor is off. Turn it on with ' +
      'CONFIG SET latency-monitor-threshold <milliseconds>.\n';
  } else if (events.length === 0) {
    text = `Nothing took ${monitor.thresholdMs} ms or longer since the monitor was reset.\n`;
  } else {
    text = `${events.map(describe).join('\n')}\n${advice(ctx, events)}`;
  }
  ctx.reply.verbatim('txt', text);
}

function describe({ name, samples, maxMs }: LatencyEvent): string {
  const count = samples.length;
  const average = samples.reduce((sum, { latencyMs }) => sum + latencyMs, 0) / count;
  const deviation =
    samples.reduce((sum, { latencyMs }) => sum + Math.abs(latencyMs - average), 0) / count;
  const spanSec = (samples.at(-1)?.timeSec ?? 0) - (samples[0]?.timeSec ?? 0);
  const period = count > 1 ? `, one every ${(spanSec / (count - 1)).toFixed(1)} s` : '';
  return (
    `${name}: ${count} samples, ${Math.round(average)} ms on average ` +
    `(mean deviation ${Math.round(deviation)} ms)${period}; worst ever ${maxMs} ms`
  );
}

/** What the events suggest; each line names the directive or command to look at. */
function advice(ctx: Context, events: readonly LatencyEvent[]): string {
  const names = new Set(events.map(({ name }) => name));
  const lines: string[] = [];
  if (names.has('command') || names.has('fast-command')) {
    const { thresholdUs } = ctx.executor.slowlog;
    const limitUs = ctx.service(LATENCY).thresholdMs * 1000;
    if (thresholdUs < 0 || thresholdUs > limitUs) {
      lines.push(`Lower slowlog-log-slower-than to ${limitUs} to see which commands are slow.`);
    } else {
      lines.push('SLOWLOG GET shows which commands are slow.');
    }
  }
  if (names.has('expire-cycle')) lines.push('Many keys expire at the same time: spread them.');
  if (names.has('eviction-cycle') || names.has('eviction-del')) {
    lines.push('Eviction takes long: raise maxmemory, or keep values smaller.');
  }
  if ([...names].some((name) => name.startsWith('aof-'))) {
    lines.push('The disk is slow: see appendfsync and no-appendfsync-on-rewrite.');
  }
  return lines.map((line) => `- ${line}\n`).join('');
}
