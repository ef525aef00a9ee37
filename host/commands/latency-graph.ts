// LATENCY GRAPH: the samples of an event as columns of characters.

import type { LatencyEvent, LatencySample } from '../dispatch/latency.ts';

const WIDTH = 80;
const ROWS = 4;
/** From the bottom of a cell to its top. */
const MARKS = ['_', 'o', '#'];

/** A title, a rule, four rows of columns, and under each column the age of its sample. */
export function drawLatency({ name, samples, maxMs }: LatencyEvent, nowSec: number): string {
  const shown = samples.slice(-WIDTH);
  const values = shown.map(({ latencyMs }) => latencyMs);
  const high = Math.max(...values);
  const low = Math.min(...values);
  const title = `${name} - high ${high} ms, low ${low} ms (all time high ${maxMs} ms)`;
  const rows = [title, '-'.repeat(WIDTH), ...columns(values, low, high), ...ages(shown, nowSec)];
  return `${rows.join('\n')}\n`;
}

function columns(values: readonly number[], low: number, high: number): string[] {
  const steps = ROWS * MARKS.length;
  const heights = values.map((value) =>
    high === low ? 0 : Math.round(((value - low) / (high - low)) * (steps - 1)),
  );
  const rows: string[] = [];
  for (let row = ROWS - 1; row >= 0; row--) {
    rows.push(
      heights
        .map((height) => {
          const part = height - row * MARKS.length;
          if (part >= MARKS.length) return '|';
          return part >= 0 ? (MARKS[part] ?? ' ') : ' ';
        })
        .join(''),
    );
  }
  return rows;
}

/** `5s`, `12m`, written downwards. */
function ages(samples: readonly LatencySample[], nowSec: number): string[] {
  const labels = samples.map(({ timeSec }) => age(Math.max(0, nowSec - timeSec)));
  const height = Math.max(...labels.map((label) => label.length));
  return Array.from({ length: height }, (_, row) =>
    labels.map((label) => label[row] ?? ' ').join(''),
  );
}

function age(seconds: number): string {
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)}h`;
  return `${Math.floor(seconds / 86_400)}d`;
}
