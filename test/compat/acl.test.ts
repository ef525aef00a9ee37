// ACL side by side with redis-server 7.0.15. What 7.2 changed:
// - every user has the flag sanitize-payload from the start; here all users are given it
// - rules on commands are shown as they were given; 7.0 makes up new ones with the same effect
// - NOPERM and DRYRUN texts name the user, or do not name what was refused (SINCE_7_2)
// - ACL LOG entries have three more fields

import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { wordsOf } from '../support/compat-suite.ts';
import { type Connected, connect } from '../support/connected.ts';
import { TestInstance } from '../support/instance.ts';
import { hasOracle, Oracle, type RawClient } from '../support/oracle.ts';

const RUNS = Number(process.env.COMPAT_RUNS ?? 35) * 4;

/** Texts of 7.0 in the words of 7.2. */
const SINCE_7_2: readonly (readonly [RegExp, string])[] = [
  [/the HELLO AUTH <user>/, 'the HELLO <proto> AUTH <user>'],
  [
    /-NOPERM this user has no permissions to run the/,
    '-NOPERM User u has no permissions to run the',
  ],
  [/This user has no permissions/, 'User u has no permissions'],
  [
    /this user has no permissions to access one of the keys used as arguments/,
    'No permissions to access a key',
  ],
  [
    /this user has no permissions to access one of the channels used as arguments/,
    'No permissions to access a channel',
  ],
];

/** What two versions show of a user's commands is not the same text. */
const COMMANDS = /(\$8\r\ncommands\r\n)\$\d+\r\n[^\r]*\r\n/g;

const KEYS = ['k1', 'k2', 'abc', 'a:1', 'x'];
const PATTERNS = ['k*', 'k1', 'a:?', '*', '[ab]*', 'x'];
const CATEGORIES = [
  'read',
  'write',
  'string',
  'hash',
  'fast',
  'slow',
  'dangerous',
  'pubsub',
  'keyspace',
];
const NAMES = [
  'get',
  'SET',
  'mget',
  'config',
  'config|get',
  'CONFIG|set',
  'publish',
  'copy',
  'sort',
];
const WRONG = [
  '+nosuch',
  '-config|nosuch',
  '+@nosuch',
  'foo',
  '%~x',
  '%RR~x',
  '%X~y',
  '+config|',
  '-select|1',
  '#12',
  '!12',
  '<nosuch',
  '+config|get|x',
  '(>x)',
  '(on)',
  '(+nosuch',
  ')',
  '+',
  '-',
  '%',
  '~a b',
  '&a b',
  '',
];

const of = (...words: readonly string[]): fc.Arbitrary<string> => fc.constantFrom(...words);

/** @param patterns of keys: `%RW~*` is shown as `~*`, and then is another rule */
const selectorRules = (patterns: readonly string[]): fc.Arbitrary<string> =>
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.tuple(of('+', '-'), of(...NAMES)).map(([sign, name]) => sign + name),
    },
    {
      weight: 4,
      arbitrary: fc.tuple(of('+@', '-@'), of(...CATEGORIES)).map((parts) => parts.join('')),
    },
    {
      weight: 4,
      arbitrary: fc
        .tuple(of('~', '%R~', '%w~', '%RW~', '%Wr~', '%R'), of(...patterns))
        .map((parts) => parts.join('')),
    },
    { weight: 3, arbitrary: of(...PATTERNS).map((pattern) => `&${pattern}`) },
    {
      weight: 2,
      arbitrary: of(
        'allkeys',
        'resetkeys',
        'allchannels',
        'resetchannels',
        '~*',
        '&*',
        'ResetKeys',
      ),
    },
    {
      weight: 1,
      arbitrary: of(
        'allcommands',
        'nocommands',
        '+@all',
        '-@ALL',
        '+select|0',
        '+SELECT|1',
        '-select',
      ),
    },
  );

const rules = (selectorRule: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 12, arbitrary: selectorRule },
    {
      weight: 2,
      arbitrary: fc.array(selectorRule, { maxLength: 4 }).map((rules) => `(${rules.join(' ')})`),
    },
    {
      weight: 2,
      arbitrary: of(
        'on',
        'off',
        'nopass',
        'resetpass',
        '>a',
        '>b',
        '<a',
        `#${'a'.repeat(64)}`,
        `!${'a'.repeat(64)}`,
      ),
    },
    { weight: 1, arbitrary: of('clearselectors', 'reset', ...WRONG) },
  );

const rule = rules(selectorRules(PATTERNS));
const shownRule = rules(selectorRules(PATTERNS.filter((pattern) => pattern !== '*')));

const commandLine: fc.Arbitrary<string[]> = fc.oneof(
  fc
    .tuple(of('GET', 'DEL', 'SET', 'TYPE', 'EXISTS', 'GETDEL', 'TOUCH'), of(...KEYS))
    .map(([name, key]) => (name === 'SET' ? [name, key, 'v'] : [name, key])),
  fc
    .tuple(
      of('MGET', 'COPY', 'RENAME', 'SDIFFSTORE', 'LMOVE', 'SMOVE', 'SINTERCARD'),
      of(...KEYS),
      of(...KEYS),
    )
    .map(([name, a, b]) =>
      name === 'SINTERCARD'
        ? [name, '2', a, b]
        : name === 'LMOVE'
          ? [name, a, b, 'LEFT', 'LEFT']
          : name === 'SMOVE'
            ? [name, a, b, 'm']
            : [name, a, b],
    ),
  fc.tuple(of(...KEYS), of(...KEYS)).map(([a, b]) => ['SORT', a, 'STORE', b]),
  fc.tuple(of('SET'), of(...KEYS), of('v'), of('GET', 'KEEPTTL')).map((words) => [...words]),
  fc.tuple(of('PUBLISH', 'SPUBLISH'), of(...KEYS)).map((words) => [...words, 'm']),
  fc
    .tuple(
      of('SUBSCRIBE', 'PSUBSCRIBE', 'SSUBSCRIBE', 'UNSUBSCRIBE'),
      of(...KEYS, ...PATTERNS),
      of(...KEYS),
    )
    .map((words) => [...words]),
  of(
    'PING',
    'DBSIZE',
    'SCAN 0',
    'CONFIG GET x',
    'CONFIG SET a b',
    'CONFIG HELP',
    'AUTH x',
    'SELECT 0',
    'SELECT 1',
    'KEYS *',
    'CONFIG',
    'GET',
    'NOSUCH x',
    'CONFIG NOSUCH',
  ).map((line) => line.split(' ')),
);

describe.skipIf(!hasOracle).each([2, 3] as const)(
  'users do as in redis-server in RESP%i',
  (protocol) => {
    let oracle: Oracle;
    let theirs: RawClient;
    let ours: TestInstance;

    beforeAll(async () => {
      oracle = await Oracle.start();
      theirs = await oracle.client();
      await theirs.call('HELLO', protocol);
      await theirs.call('ACL', 'SETUSER', 'default', 'sanitize-payload');
    });
    afterAll(() => oracle?.stop());
    beforeEach(async () => {
      ours = new TestInstance();
      ours.client.writer.protocol = protocol;
      await theirs.call('ACL', 'DELUSER', 'u', 'v', 'copy');
      await theirs.call('ACL', 'LOG', 'RESET');
    });

    const in72 = (reply: string): string => {
      let text = reply;
      for (const [old, now] of SINCE_7_2) text = text.replace(old, now);
      // A bulk string of another length.
      return text.replace(
        /^\$\d+\r\n(?=User u)/,
        (head) => `$${text.length - head.length - 2}\r\n`,
      );
    };

    async function expectSame(...words: string[]): Promise<string> {
      const own = ours.raw(...words).replace(COMMANDS, '$1');
      const other = in72(await theirs.call(...words)).replace(COMMANDS, '$1');
      expect(`${words.join(' ')} → ${own}`).toBe(`${words.join(' ')} → ${other}`);
      return own;
    }

    /** Our description of a user means to redis-server what the rules meant that made it. */
    async function expectSameMeaning(): Promise<void> {
      const line = /^\$\d+\r\n(user u .*)$/m.exec(ours.raw('ACL', 'LIST'))?.[1] ?? '';
      const rules = wordsOf(line).slice(2);
      expect(await theirs.call('ACL', 'SETUSER', 'copy', 'reset', ...rules)).toBe('+OK\r\n');
      expect(await theirs.call('ACL', 'GETUSER', 'copy')).toBe(
        await theirs.call('ACL', 'GETUSER', 'u'),
      );
    }

    test('rules, one list after the other', { timeout: 120_000 }, async () => {
      const property = fc.asyncProperty(
        fc.array(fc.array(shownRule, { maxLength: 5 }), { maxLength: 6 }),
        async (lists) => {
          ours.raw('ACL', 'DELUSER', 'u');
          await theirs.call('ACL', 'DELUSER', 'u');
          for (const rules of lists) {
            await expectSame('ACL', 'SETUSER', 'u', 'sanitize-payload', ...rules);
            if ((await expectSame('ACL', 'GETUSER', 'u')).length < 10) continue;
            await expectSameMeaning();
          }
        },
      );
      await fc.assert(property, { numRuns: RUNS });
    });

    test('what DRYRUN says of commands', { timeout: 120_000 }, async () => {
      const rules = fc.array(rule, { minLength: 1, maxLength: 8 });
      const lines = fc.array(commandLine, { minLength: 5, maxLength: 20 });
      const property = fc.asyncProperty(rules, lines, async (list, commands) => {
        for (const one of list) await expectSame('ACL', 'SETUSER', 'u', 'sanitize-payload', one);
        for (const words of commands) await expectSame('ACL', 'DRYRUN', 'u', ...words);
      });
      await fc.assert(property, { numRuns: RUNS });
    });

    test.each(Object.entries(CONVERSATIONS))('%s', async (_title, lines) => {
      for (const line of lines) await expectSame(...wordsOf(line));
    });
  },
);

const CONVERSATIONS: Readonly<Record<string, readonly string[]>> = {
  'wrong arguments': [
    'ACL',
    'ACL NOSUCH',
    "ACL SETUSER 'a b'",
    'ACL SETUSER',
    'ACL GETUSER nobody',
    'ACL GETUSER',
    'ACL DELUSER default',
    'ACL DELUSER nobody',
    'ACL WHOAMI x',
    'ACL CAT nosuch',
    'ACL CAT @read',
    'ACL GENPASS x',
    'ACL GENPASS 0',
    'ACL GENPASS -1',
    'ACL GENPASS 4097',
    'ACL LOG x',
    'ACL LOG RESET x',
    'ACL LOG -5',
    'ACL LOAD',
    'ACL SAVE',
    'ACL DRYRUN nobody GET k',
    'ACL DRYRUN default NOSUCH k',
    'ACL DRYRUN default GET',
    'ACL SETUSER u (~x +get',
    'ACL SETUSER u (~x +get) (~y',
  ],
  'what there is': [
    'ACL WHOAMI',
    'ACL USERS',
    'ACL CAT',
    'ACL LOG',
    'ACL LIST',
    'ACL SETUSER u sanitize-payload',
    'ACL USERS',
    'ACL LIST',
  ],
};

describe.skipIf(!hasOracle)('categories', () => {
  test('hold the same commands, of those that exist here', async () => {
    const oracle = await Oracle.start();
    const theirs = await oracle.client();
    const ours = new TestInstance();
    const list = (reply: string): string[] =>
      reply
        .split('\r\n')
        .filter((line) => /^[^*$]/.test(line))
        .sort();
    const known = list(ours.raw('COMMAND', 'LIST'));
    const theirKnown = list(await theirs.call('COMMAND', 'LIST'));
    for (const category of list(ours.raw('ACL', 'CAT'))) {
      const mine = list(ours.raw('ACL', 'CAT', category)).filter((name) =>
        theirKnown.includes(name),
      );
      const other = list(await theirs.call('ACL', 'CAT', category)).filter((name) =>
        known.includes(name),
      );
      expect([category, ...mine]).toEqual([category, ...other]);
    }
    theirs.close();
    await oracle.stop();
  });
});

/** What both versions tell of an entry of ACL LOG. */
function logged(reply: string): string[] {
  const fields = ['count', 'reason', 'context', 'object', 'username'];
  const entry = new RegExp(
    fields.map((name) => `${name}\r\n(?:\\$\\d+\r\n)?(\\S+)\r\n[^]*?`).join(''),
    'g',
  );
  return [...reply.matchAll(entry)].map((match) => match.slice(1).join(' '));
}

describe.skipIf(!hasOracle)('several clients', () => {
  let oracle: Oracle;
  beforeAll(async () => {
    oracle = await Oracle.start('--enable-debug-command', 'yes');
  });
  afterAll(() => oracle?.stop());

  /** Lines are `client > COMMAND`; the last two lines of a transcript are users and the log. */
  async function hold(
    lines: readonly string[],
    open: (name: string) => Promise<(...words: string[]) => Promise<string> | string>,
  ): Promise<string[]> {
    const clients = new Map<string, (...words: string[]) => Promise<string> | string>();
    const transcript: string[] = [];
    for (const line of [...lines, 'o > CLIENT LIST', 'o > ACL LOG']) {
      const [, name = '', text = ''] = /^(\w+) > (.*)$/.exec(line) ?? [];
      const call = clients.get(name) ?? (await open(name));
      clients.set(name, call);
      const reply = await call(...wordsOf(text));
      if (text === 'ACL LOG') transcript.push(...logged(reply));
      else if (text !== 'CLIENT LIST')
        transcript.push(
          `${line} → ${SINCE_7_2.reduce((all, [old, now]) => all.replace(old, now), reply)}`,
        );
      else
        transcript.push(
          [...reply.matchAll(/ user=(\S+)/g)]
            .map((match) => match[1])
            .sort()
            .join(' '),
        );
    }
    return transcript;
  }

  const USER = 'o > ACL SETUSER u reset on nopass sanitize-payload +@all ~a* &c*';

  test.each<[string, readonly string[]]>([
    [
      'refusals',
      [
        USER,
        'u > AUTH u x',
        'u > GET b',
        'u > GET b',
        'u > GET a',
        'u > PUBLISH x m',
        'u > PUBLISH c m',
        'o > ACL SETUSER u -@all',
        'u > GET a',
        'u > PING',
        'u > AUTH u y',
        'u > ACL WHOAMI',
        'u > CONFIG GET x',
        'u > RESET',
      ],
    ],
    [
      'transactions',
      [
        USER,
        'u > AUTH u x',
        'u > MULTI',
        'u > GET b',
        'u > EXEC',
        'u > MULTI',
        'u > GET a',
        'u > SET a v',
        'u > PUBLISH c m',
        'u > PING',
        'o > ACL SETUSER u resetkeys resetchannels -ping',
        'u > EXEC',
        'u > MULTI',
        'u > AUTH nobody x',
        'u > EXEC',
      ],
    ],
    [
      'deleted users',
      [USER, 'u > AUTH u x', 'v > PING', 'o > ACL DELUSER u', 'v > ACL WHOAMI', 'v > AUTH u x'],
    ],
    ['a user that deletes itself', [USER, 'u > AUTH u x', 'u > ACL DELUSER u', 'o > ACL WHOAMI']],
    [
      'lost channels',
      [
        USER,
        'u > AUTH u x',
        'v > AUTH u x',
        'w > AUTH u x',
        'u > SUBSCRIBE c1',
        'v > PSUBSCRIBE c*',
        'w > SSUBSCRIBE c2',
        'o > ACL SETUSER u &d',
        'o > PUBSUB NUMPAT',
        'o > ACL SETUSER u resetchannels &c*',
        'o > PUBSUB NUMPAT',
        'o > ACL SETUSER u resetchannels &c1',
        'o > PUBSUB NUMPAT',
        'o > PUBSUB CHANNELS',
        'o > ACL SETUSER u resetchannels',
        'o > PUBSUB CHANNELS',
      ],
    ],
    [
      'logins',
      [
        'o > ACL SETUSER u off nopass sanitize-payload',
        'u > AUTH u x',
        'u > HELLO 3 AUTH u x',
        'u > AUTH nobody y',
        'o > ACL SETUSER u on >p',
        'u > AUTH u x',
        'u > AUTH u p',
        'u > ACL WHOAMI',
        'u > PING',
        'o > ACL SETUSER u +acl|whoami',
        'u > ACL WHOAMI',
      ],
    ],
    [
      'requirepass',
      [
        'o > CONFIG SET requirepass s',
        'u > PING',
        'u > HELLO',
        'u > AUTH x',
        'u > AUTH s',
        'u > PING',
        'o > ACL SETUSER default resetpass >t',
        'o > CONFIG GET requirepass',
        'v > AUTH s',
        'v > AUTH t',
        'w > PING',
        'o > ACL SETUSER default nopass',
        'w > PING',
        'w > HELLO',
        "o > CONFIG SET requirepass ''",
        'v > AUTH t',
        'o > CONFIG GET requirepass',
      ],
    ],
    [
      'a default user that is off',
      [
        'u > PING',
        'o > ACL SETUSER default off',
        'u > PING',
        'v > PING',
        'v > AUTH default x',
        'v > AUTH x',
        'o > ACL SETUSER default on',
        'v > PING',
      ],
    ],
    [
      'patterns of SORT',
      [
        USER,
        'o > RPUSH a 1 2',
        'u > AUTH u x',
        'u > SORT a BY nosort',
        'u > SORT a BY w_*',
        'u > SORT a GET #',
        'u > SORT a GET b_*',
        'o > ACL SETUSER u %R~*',
        'u > SORT a BY w_* GET #',
        'u > SORT a STORE b',
      ],
    ],
    [
      'first arguments',
      [
        USER,
        'o > ACL SETUSER u -select +select|0 -debug +DEBUG|sleep',
        'u > AUTH u x',
        'u > SELECT 0',
        'u > SELECT 1',
        'u > DEBUG sleep 0',
        'u > DEBUG object a',
      ],
    ],
    [
      'killed users',
      [USER, 'u > AUTH u x', 'o > CLIENT KILL USER nobody', 'o > CLIENT KILL USER u'],
    ],
  ])('%s', async (_title, lines) => {
    const sockets: RawClient[] = [];
    const theirs = await hold(lines, async () => {
      const client = await oracle.client();
      sockets.push(client);
      return (...words) => client.call(...words);
    });
    for (const socket of sockets) socket.close();
    const cleaner = await oracle.client();
    for (const line of [
      'ACL DELUSER u',
      'ACL SETUSER default reset on nopass +@all ~* &*',
      'ACL LOG RESET',
      'FLUSHALL',
    ]) {
      await cleaner.call(...line.split(' '));
    }
    cleaner.close();
    const server = new TestInstance({ 'enable-debug-command': 'yes' });
    const ours = await hold(lines, async () => {
      const client: Connected = connect(server);
      return (...words) => {
        const reply = client.raw(...words);
        if (client.transport.closesAfterReply) server.instance.dropClient(client.client);
        return reply;
      };
    });
    expect(ours).toEqual(theirs);
  });
});
