// `npm run bench`: redcell against redis-server with the same modules, interleaved in one run, so
// that whatever else the machine does hits both. Prints medians and ratios and writes them to
// build/out/bench.md and bench.json. `--quick` for a first look, `--only=NAME` for one workload;
// `--meter` measures what fuel costs guests instead, without any server.

import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { guests, host, make } from '../../build/products.mjs';
import { benchMeter } from './meter.ts';
import { BenchServer, type Sample } from './servers.ts';
import { WORKLOADS, type Workload } from './workloads.ts';

const PIPELINES = [1, 16, 64];
const REQUESTS: Readonly<Record<number, number>> = { 1: 100_000, 16: 500_000, 64: 1_000_000 };

/** Neither server rewrites its file meanwhile: that is another measurement. */
const LOGGING = [
  ...['--appendonly', 'yes', '--appendfsync', 'everysec'],
  ...['--auto-aof-rewrite-percentage', '0'],
];

interface Row {
  readonly workload: string;
  readonly pipeline: number;
  readonly redcell: Sample;
  readonly redis: Sample | null;
  readonly evalsha: Sample | null;
}

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean' },
    only: { type: 'string' },
    rounds: { type: 'string' },
    meter: { type: 'boolean' },
  },
});
const rounds = Number(options.rounds ?? (options.quick ? 1 : 5));
const share = options.quick ? 0.2 : 1;

function has(program: string): boolean {
  return spawnSync(program, ['--version']).status === 0;
}

async function main(): Promise<void> {
  if (!has('redis-benchmark')) throw new Error('redis-benchmark is missing: install redis-tools');
  for (const product of [host, guests('c')]) make(product);
  const hasRedis = has('redis-server') && buildNative();
  const chosen = WORKLOADS.filter(({ name }) => !options.only || name === options.only);
  const logged = chosen.filter(({ isLogged }) => isLogged);
  const inMemory = chosen.filter(({ isLogged }) => !isLogged);
  const rows = [
    ...(await measureAll(inMemory, hasRedis, [])),
    ...(await measureAll(logged, hasRedis, LOGGING)),
  ];
  report(rows);
}

/** Measures on a fresh pair of servers. */
async function measureAll(
  workloads: readonly Workload[],
  hasRedis: boolean,
  directives: readonly string[],
): Promise<Row[]> {
  if (workloads.length === 0) return [];
  const redcell = await BenchServer.start('redcell', directives);
  const redis = hasRedis ? await BenchServer.start('redis-server', directives) : null;
  try {
    return workloads.flatMap((workload) =>
      PIPELINES.map((pipeline) => measure(workload, pipeline, redcell, redis)),
    );
  } finally {
    await redcell.stop();
    await redis?.stop();
  }
}

function buildNative(): boolean {
  const build = spawnSync(process.execPath, ['build/run.mjs', 'build/guest.ts', '--native']);
  return build.status === 0;
}

/** One line of the table: the servers take turns, so many rounds. */
function measure(
  workload: Workload,
  pipeline: number,
  redcell: BenchServer,
  redis: BenchServer | null,
): Row {
  const requests = Math.round((REQUESTS[pipeline] as number) * share); // one of PIPELINES
  const samples: { redcell: Sample[]; redis: Sample[]; evalsha: Sample[] } = {
    redcell: [],
    redis: [],
    evalsha: [],
  };
  const servers = redis === null ? [redcell] : [redcell, redis];
  for (const server of servers) {
    if (workload.prepare) server.measure(workload.prepare, 64, 500_000);
  }
  const script = redis === null ? undefined : workload.script;
  const sha = script && redis ? redis.cli('SCRIPT', 'LOAD', script.source) : '';
  const evalsha = script?.command.map((word) => (word === 'SHA' ? sha : word));
  for (let round = 0; round < rounds; round++) {
    samples.redcell.push(redcell.measure(workload.command, pipeline, requests));
    if (redis) samples.redis.push(redis.measure(workload.command, pipeline, requests));
    if (redis && evalsha) samples.evalsha.push(redis.measure(evalsha, pipeline, requests));
  }
  const row = {
    workload: workload.name,
    pipeline,
    redcell: median(samples.redcell),
    redis: redis ? median(samples.redis) : null,
    evalsha: evalsha ? median(samples.evalsha) : null,
  };
  console.log(line(row));
  return row;
}

function median(samples: readonly Sample[]): Sample {
  const middle = (values: number[]): number =>
    values.sort((a, b) => a - b)[Math.floor(values.length / 2)] as number; // never empty
  return {
    requestsPerSecond: middle(samples.map((sample) => sample.requestsPerSecond)),
    cpuMicroseconds: middle(samples.map((sample) => sample.cpuMicroseconds)),
  };
}

const HEADER = [
  'workload',
  'P',
  'redcell rps',
  'redis rps',
  'ratio',
  'redcell µs',
  'redis µs',
  'CPU ratio',
  'EVALSHA rps',
  'ratio',
];

function cells(row: Row): string[] {
  const { redcell, redis, evalsha } = row;
  const ratio = (a: number, b: number | undefined): string => (b ? (a / b).toFixed(2) : '–');
  const round = (value: number | undefined): string => (value ? String(Math.round(value)) : '–');
  return [
    row.workload,
    String(row.pipeline),
    round(redcell.requestsPerSecond),
    round(redis?.requestsPerSecond),
    ratio(redcell.requestsPerSecond, redis?.requestsPerSecond),
    redcell.cpuMicroseconds.toFixed(2),
    redis ? redis.cpuMicroseconds.toFixed(2) : '–',
    ratio(redcell.cpuMicroseconds, redis?.cpuMicroseconds),
    round(evalsha?.requestsPerSecond),
    ratio(redcell.requestsPerSecond, evalsha?.requestsPerSecond),
  ];
}

const line = (row: Row): string => `| ${cells(row).join(' | ')} |`;

function report(rows: readonly Row[]): void {
  const rule = `|${HEADER.map(() => '---').join('|')}|`;
  const table = [`| ${HEADER.join(' | ')} |`, rule, ...rows.map(line)].join('\n');
  const text = `redcell against redis-server, medians of ${rounds} interleaved runs\n\n${table}\n`;
  mkdirSync('build/out', { recursive: true });
  writeFileSync('build/out/bench.md', text);
  writeFileSync('build/out/bench.json', `${JSON.stringify(rows, null, 2)}\n`);
  console.log(`\n${text}`);
}

await (options.meter ? benchMeter(options.quick ? 30 : 200) : main());
