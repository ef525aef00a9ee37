// The log of an instance: four levels, Redis's line format or JSON, through pino.

import pino from 'pino';

export type LogLevel = 'debug' | 'verbose' | 'notice' | 'warning';

/** What the layers see of it. */
export interface Log {
  debug(text: string): void;
  verbose(text: string): void;
  notice(text: string): void;
  warning(text: string): void;
  at(level: LogLevel, text: string): void;
}

export interface LogOptions {
  level: LogLevel | 'nothing';
  /** 'redis': `pid:role date * text`; 'json': one object a line. */
  format: 'redis' | 'json';
  /** Takes whole lines, each with its newline. */
  write: (line: string) => void;
  /** X sentinel, C child, S replica, M primary. */
  role?: () => 'X' | 'C' | 'S' | 'M';
}

const LEVELS = { debug: 20, verbose: 25, notice: 30, warning: 40 } as const;
const SIGN_OF_LEVEL: Record<number, string> = { 20: '.', 25: '-', 30: '*', 40: '#' };
const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

/** A log whose level and format follow `options`, which may be changed while it runs. */
export function createLog(options: LogOptions): Log {
  const sink = pino(
    { level: 'debug', customLevels: LEVELS, useOnlyCustomLevels: true, base: { pid: process.pid } },
    { write: (line: string) => options.write(options.format === 'json' ? line : redisLine(line)) },
  );
  const redisLine = (json: string): string => {
    const record = JSON.parse(json) as { level: number; time: number; pid: number; msg: string };
    const sign = SIGN_OF_LEVEL[record.level] ?? '*';
    const role = options.role?.() ?? 'M';
    return `${record.pid}:${role} ${formatTime(new Date(record.time))} ${sign} ${record.msg}\n`;
  };
  const at = (level: LogLevel, text: string): void => {
    if (options.level !== 'nothing' && LEVELS[level] >= LEVELS[options.level]) sink[level](text);
  };
  return {
    at,
    debug: (text) => at('debug', text),
    verbose: (text) => at('verbose', text),
    notice: (text) => at('notice', text),
    warning: (text) => at('warning', text),
  };
}

/** `22 Nov 2026 10:47:16.662`, local time. */
function formatTime(time: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const date = `${two(time.getDate())} ${MONTHS[time.getMonth()]} ${time.getFullYear()}`;
  const clock = `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
  return `${date} ${clock}.${String(time.getMilliseconds()).padStart(3, '0')}`;
}
