import { describe, expect, test } from 'vitest';
import { createLog, type LogOptions } from '../../host/lib/log.ts';

function logInto(options: Partial<LogOptions> = {}) {
  const lines: string[] = [];
  const all: LogOptions = {
    level: 'debug',
    format: 'redis',
    write: (l) => void lines.push(l),
    ...options,
  };
  return { lines, options: all, log: createLog(all) };
}

test('a line is as redis-server writes it', () => {
  const { lines, log } = logInto();
  log.debug('a');
  log.verbose('b');
  log.notice('c');
  log.warning('d');
  const date =
    /\d\d (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d\d:\d\d:\d\d\.\d{3}/;
  const signs = ['. a', '- b', '\\* c', '# d'];
  for (const [i, sign] of signs.entries()) {
    expect(lines[i]).toMatch(new RegExp(`^${process.pid}:M ${date.source} ${sign}\n$`));
  }
});

test('the role is asked for with each line', () => {
  let role: 'M' | 'S' = 'M';
  const { lines, log } = logInto({ role: () => role });
  log.notice('x');
  role = 'S';
  log.notice('y');
  expect(lines[0]).toContain(`${process.pid}:M `);
  expect(lines[1]).toContain(`${process.pid}:S `);
});

describe('the level', () => {
  test.each([
    ['debug', 4],
    ['verbose', 3],
    ['notice', 2],
    ['warning', 1],
    ['nothing', 0],
  ] as const)('%s lets %i of four lines through', (level, count) => {
    const { lines, log } = logInto({ level });
    for (const each of ['debug', 'verbose', 'notice', 'warning'] as const) log.at(each, 'text');
    expect(lines).toHaveLength(count);
  });

  test('and the format may change while the log is used', () => {
    const { lines, options, log } = logInto({ level: 'warning' });
    log.notice('no');
    options.level = 'notice';
    options.format = 'json';
    log.notice('yes "quoted"');
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] as string)).toMatchObject({ msg: 'yes "quoted"', pid: process.pid });
  });
});
