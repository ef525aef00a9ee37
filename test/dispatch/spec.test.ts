import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type Arg,
  block,
  deriveArity,
  displayTextOf,
  integer,
  key,
  numberKeys,
  oneof,
  string,
  token,
} from '../../host/dispatch/args.ts';
import { categoryNames } from '../../host/dispatch/categories.ts';
import { COMMAND_FLAG, commandFlagNames } from '../../host/dispatch/command-flags.ts';
import { setKeys } from '../../host/dispatch/key-finders.ts';
import {
  afterKeyword,
  atIndex,
  deriveKeySpecs,
  keynum,
  keySpec,
  legacyRange,
  moduleKeySpec,
  range,
  UNKNOWN,
} from '../../host/dispatch/key-specs.ts';
import { type CommandSpec, command, subcommand } from '../../host/dispatch/spec.ts';
import { hasRedis, type Oracle, startOracle } from '../lib/redis-oracle.ts';
import {
  type CommandFacts,
  compareWithOracle,
  oracleCommandFacts,
} from '../support/command-facts.ts';

const optional = { optional: true } as const;
const multiple = { multiple: true } as const;

describe('arity', () => {
  const cases: [name: string, args: Arg[], words: number, arity: number][] = [
    ['counts the name alone', [], 1, 1],
    ['counts both words of a subcommand', [], 2, 2],
    ['is exact when every argument is one word', [key(), string('value')], 1, 3],
    ['is a minimum when an argument is optional', [key(), integer('count', optional)], 1, -2],
    ['is a minimum when an argument repeats', [key('key', multiple)], 1, -2],
    ['counts the token before a value', [string('pattern', { token: 'MATCH' })], 1, 3],
    ['counts a pure token once', [token('NX')], 1, 2],
    [
      'takes the shortest alternative',
      [oneof('o', [token('A'), string('b', { token: 'B' })])],
      1,
      -2,
    ],
    ['sums the parts of a block', [block('b', [string('x'), string('y')])], 1, 3],
    [
      'counts a repeated block once',
      [key(), block('b', [string('f'), string('v')], multiple)],
      1,
      -4,
    ],
  ];
  test.each(cases)('%s', (_, args, words, arity) => {
    expect(deriveArity(args, words)).toBe(arity);
  });

  test('decides which argument counts an entry accepts', () => {
    const get = command(spec({ args: [key()] }));
    expect([1, 2, 3].map((argc) => get.accepts(argc))).toEqual([false, true, false]);
    const mget = command(spec({ args: [key('key', multiple)] }));
    expect([1, 2, 30].map((argc) => mget.accepts(argc))).toEqual([false, true, true]);
  });
});

describe('key specs', () => {
  const derive = (...args: Arg[]) => deriveKeySpecs(numberKeys(args), 1, 'RO access');

  test('find a key at its place', () => {
    expect(derive(string('x'), key())).toEqual([keySpec('RO access', atIndex(2), range(0))]);
  });

  test('find repeated keys up to what follows them', () => {
    expect(derive(key('key', multiple))).toEqual([keySpec('RO access', atIndex(1), range(-1))]);
    expect(derive(key('key', multiple), string('timeout'))).toEqual([
      keySpec('RO access', atIndex(1), range(-2)),
    ]);
  });

  test('step over the values between repeated keys', () => {
    expect(derive(block('data', [key(), string('value')], multiple))).toEqual([
      keySpec('RO access', atIndex(1), range(-1, 2)),
    ]);
  });

  test('count keys by numkeys', () => {
    expect(derive(integer('numkeys'), key('key', multiple), string('arg', optional))).toEqual([
      keySpec('RO access', atIndex(1), keynum()),
    ]);
  });

  test('look for a keyword where an option names a key', () => {
    const store = key('store', { token: 'STORE', optional: true, access: 'OW update' });
    expect(derive(key(), token('ASC', optional), store)).toEqual([
      keySpec('RO access', atIndex(1), range(0)),
      keySpec('OW update', afterKeyword('STORE', 2), range(0)),
    ]);
  });

  test('split the rest in halves for keys and ids', () => {
    const streams = block('streams', [key('key', multiple), string('id', multiple)], {
      token: 'STREAMS',
    });
    expect(derive(integer('count', { token: 'COUNT', optional: true }), streams)).toEqual([
      keySpec('RO access', afterKeyword('STREAMS', 1), range(-1, 1, 2)),
    ]);
  });

  test('find keys in nested blocks at their own place', () => {
    const nested = block('outer', [string('x'), block('inner', [string('y'), key()])]);
    expect(derive(nested)).toEqual([keySpec('RO access', atIndex(3), range(0))]);
  });

  test('must be written out where a key has no fixed place', () => {
    expect(() => derive(token('NX', optional), key())).toThrow('not at a fixed place');
  });

  test('need an access in commands that write', () => {
    expect(() => command(spec({ flags: ['write'], args: [key()] }))).toThrow('needs an access');
  });

  test('of module commands follow from first, last and step', () => {
    expect(legacyRange([moduleKeySpec([2, -1, 3], true)])).toMatchObject({
      firstKey: 2,
      lastKey: -1,
      step: 3,
    });
    expect(legacyRange([moduleKeySpec([2, 4, 1], false)])).toMatchObject({
      firstKey: 2,
      lastKey: 4,
      step: 1,
    });
  });
});

describe('the legacy range', () => {
  test('joins consecutive specs', () => {
    const specs = [
      keySpec('RW access', atIndex(1), range(0)),
      keySpec('OW update', atIndex(2), range(0)),
    ];
    expect(legacyRange(specs)).toEqual({ firstKey: 1, lastKey: 2, step: 1, isPartial: false });
  });

  test('leaves out what is not a plain range and says so', () => {
    const specs = [
      keySpec('OW update', atIndex(1), range(0)),
      keySpec('RO access', atIndex(2), keynum()),
    ];
    expect(legacyRange(specs)).toEqual({ firstKey: 1, lastKey: 1, step: 1, isPartial: true });
    expect(legacyRange([keySpec('RO', UNKNOWN, UNKNOWN)])).toEqual({
      firstKey: 0,
      lastKey: 0,
      step: 0,
      isPartial: true,
    });
  });

  test('is empty without keys', () => {
    expect(legacyRange([])).toEqual({ firstKey: 0, lastKey: 0, step: 0, isPartial: false });
  });
});

describe('an entry', () => {
  test('has the categories of its flags and its group', () => {
    const entry = command(spec({ flags: ['readonly', 'fast'], args: [key()] }));
    expect(categoryNames(entry.categories)).toEqual(['read', 'string', 'fast']);
  });

  test('replaces the group by the categories it gives', () => {
    const entry = command(spec({ flags: ['admin'], categories: ['keyspace', 'dangerous'] }));
    expect(categoryNames(entry.categories)).toEqual(['keyspace', 'admin', 'slow', 'dangerous']);
  });

  test('of scripts that only read is not in @read', () => {
    const entry = command(spec({ group: 'scripting', flags: ['readonly'] }));
    expect(categoryNames(entry.categories)).toEqual(['slow', 'scripting']);
  });

  test('shows its flags in the order of COMMAND INFO and hides internal ones', () => {
    const entry = command(spec({ flags: ['fast', 'protected', 'admin', 'loading'] }));
    expect(commandFlagNames(entry.flags)).toEqual(['admin', 'loading', 'fast']);
    expect(entry.has(COMMAND_FLAG.protected)).toBe(true);
    expect(entry.has(COMMAND_FLAG.write)).toBe(false);
  });

  test('is movablekeys when first, last and step do not tell all', () => {
    const args = [integer('numkeys'), key('key', multiple)];
    expect(commandFlagNames(command(spec({ args })).flags)).toContain('movablekeys');
    const getter = command(spec({ flags: ['module_getkeys'] }));
    expect(commandFlagNames(getter.flags)).toEqual(['movablekeys']);
  });

  test('is not changed by later entries and has a number of its own', () => {
    const first = command(spec({}));
    const second = command(spec({}));
    expect(second.number).toBe(first.number + 1);
  });

  test('without a group is refused', () => {
    const { group: _, ...rest } = spec({});
    expect(() => command(rest)).toThrow('has no group');
  });

  test('takes the overrides of its spec', () => {
    const keySpecs = [keySpec('RW access', atIndex(1), range(1))];
    const entry = command(spec({ arity: -9, keySpecs, args: [string('x')] }));
    expect([entry.arity, entry.firstKey, entry.lastKey, entry.step]).toEqual([-9, 1, 2, 1]);
  });
});

describe('a container', () => {
  const get = subcommand({
    name: 'get',
    summary: 's',
    since: '1.0.0',
    flags: ['readonly'],
    args: [key()],
  });
  const container = command(spec({ name: 'box', flags: [], subcommands: [get] }));

  test('gives its group and its name to subcommands', () => {
    const entry = container.subcommands.get('get');
    expect(entry?.fullName).toBe('box|get');
    expect(entry?.parent).toBe(container);
    expect(entry?.docs.group).toBe('string');
  });

  test('shifts the keys of subcommands by its own word', () => {
    const entry = container.subcommands.get('get');
    expect([entry?.arity, entry?.firstKey]).toEqual([3, 2]);
  });

  test('takes at least a subcommand and is about nothing itself', () => {
    expect(container.arity).toBe(-2);
    expect(categoryNames(container.categories)).toEqual(['slow']);
    expect(container.handler).toBeNull();
  });

  test('refuses two subcommands of one name', () => {
    expect(() => command(spec({ subcommands: [get, get] }))).toThrow('two');
  });
});

test('arguments show their name unless they have a display text', () => {
  expect(displayTextOf(string('value'))).toBe('value');
  expect(displayTextOf(string('node', { displayText: 'node-id' }))).toBe('node-id');
  expect(displayTextOf(oneof('either', []))).toBeNull();
});

describe.skipIf(!hasRedis)('against redis-server 7.0', () => {
  let oracle: Oracle;
  let facts: ReadonlyMap<string, CommandFacts>;
  beforeAll(async () => {
    oracle = await startOracle();
    facts = await oracleCommandFacts(oracle);
  });
  afterAll(() => oracle.close());

  test('derives what COMMAND INFO and COMMAND DOCS say', () => {
    const entries = SAMPLES.map(command);
    expect(compareWithOracle(entries, facts, { isComplete: false })).toEqual([]);
  });

  test('the comparison finds every kind of difference', () => {
    const [get] = SAMPLES;
    const wrong: CommandSpec = {
      ...(get as CommandSpec), // SAMPLES is not empty
      since: '9.9.9',
      flags: ['write'],
      args: [key('other', { access: 'RW' }), string('more')],
      tips: ['t'],
      docFlags: ['syscmd'],
      replacedBy: 'r',
      history: [['1.0.1', 'h']],
    };
    const problems = compareWithOracle([command(wrong)], facts, { isComplete: false });
    const fields = problems.map((problem) => problem.split(' ')[1]);
    expect(fields).toEqual([
      'arity',
      'flags',
      'categories',
      'tips',
      'keySpecs',
      'since',
      'arguments',
      'docFlags',
      'deprecated',
      'historyVersions',
    ]);
  });

  test('the comparison finds missing, unknown and wrongly listed commands', () => {
    const entries = [command(spec({ name: 'nosuch' }))];
    const problems = compareWithOracle(entries, facts, { isComplete: true });
    expect(problems).toContain('nosuch: the oracle does not know it');
    expect(problems).toContain('get: missing');
    expect(problems).toContain('waitaof: missing');
    const old = command(spec({ name: 'quit', group: 'connection', arity: -1 }));
    const stale = compareWithOracle([old], facts, { isComplete: false });
    expect(stale.some((line) => line.includes('docFlags') && line.includes('listed'))).toBe(true);
  });
});

function spec(parts: Partial<CommandSpec>): CommandSpec {
  return {
    name: 'sample',
    summary: 'A sample.',
    since: '1.0.0',
    group: 'string',
    flags: ['readonly'],
    ...parts,
  };
}

/** Commands of every shape; the whole table is compared where it is assembled. */
const SAMPLES: readonly CommandSpec[] = [
  spec({ name: 'get', flags: ['readonly', 'fast'], args: [key()] }),
  spec({
    name: 'blmpop',
    group: 'list',
    since: '7.0.0',
    flags: ['write', 'blocking'],
    args: [
      { ...string('timeout'), type: 'double' },
      integer('numkeys'),
      key('key', { access: 'RW access delete', multiple: true }),
      oneof('where', [token('LEFT'), token('RIGHT')]),
      integer('count', { token: 'COUNT', optional: true }),
    ],
  }),
  spec({
    name: 'rename',
    group: 'generic',
    flags: ['write'],
    args: [key('key', { access: 'RW access delete' }), key('newkey', { access: 'OW update' })],
  }),
  spec({
    name: 'xread',
    group: 'stream',
    since: '5.0.0',
    flags: ['readonly', 'blocking'],
    args: [
      integer('count', { token: 'COUNT', optional: true }),
      integer('milliseconds', { token: 'BLOCK', optional: true }),
      block('streams', [key('key', multiple), string('id', multiple)], { token: 'STREAMS' }),
    ],
  }),
  spec({
    name: 'set',
    flags: ['write', 'denyoom'],
    history: [
      ['2.6.12', 'EX, PX, NX, XX'],
      ['6.0.0', 'KEEPTTL'],
      ['6.2.0', 'GET, EXAT, PXAT'],
      ['7.0.0', 'NX with GET'],
    ],
    getKeys: setKeys,
    args: [
      key('key', { access: 'RW access update variable_flags', notes: 'GET reads' }),
      string('value'),
      oneof('condition', [token('NX'), token('XX')], { since: '2.6.12', optional: true }),
      token('GET', { since: '6.2.0', optional: true }),
      oneof(
        'expiration',
        [
          integer('seconds', { token: 'EX', since: '2.6.12' }),
          integer('milliseconds', { token: 'PX', since: '2.6.12' }),
          { ...string('unix-time-seconds', { token: 'EXAT', since: '6.2.0' }), type: 'unix-time' },
          {
            ...string('unix-time-milliseconds', { token: 'PXAT', since: '6.2.0' }),
            type: 'unix-time',
          },
          token('KEEPTTL', { since: '6.0.0' }),
        ],
        optional,
      ),
    ],
  }),
  spec({
    name: 'zrank',
    group: 'sorted-set',
    since: '2.0.0',
    flags: ['readonly', 'fast'],
    history: [['7.2.0', 'WITHSCORE']],
    args: [key(), string('member'), token('WITHSCORE', optional)],
  }),
];
