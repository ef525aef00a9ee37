import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Argv } from '../../host/lib/argv.ts';
import { ProtocolError, RequestParser } from '../../host/resp/parser.ts';
import { hasOracle, Oracle } from '../support/oracle.ts';
import { RawSocket } from '../support/raw-socket.ts';
import { Served } from '../support/served.ts';

const MB = 1024 * 1024;

interface Parsed {
  readonly commands: string[][];
  readonly error: string | null;
  /** Bytes that are no whole command yet. */
  readonly rest: number;
}

/** Feeds chunks as a connection does: what is not consumed is copied to a buffer of its own. */
function parse(chunks: readonly string[], isUnauthenticated = false): Parsed {
  const parser = new RequestParser({ bulkMaxBytes: 512 * MB, isUnauthenticated });
  const argv = new Argv();
  const commands: string[][] = [];
  let pending: Buffer = Buffer.alloc(0);
  try {
    for (const [i, chunk] of chunks.entries()) {
      // Commands begin at another place in each buffer.
      const before = (i % 3) * 5;
      const bytes = Buffer.concat([
        Buffer.alloc(before, '$'),
        pending,
        Buffer.from(chunk, 'latin1'),
      ]);
      let at = before;
      while (parser.next(bytes, at, bytes.length, argv)) {
        commands.push(argv.toByteStrings());
        at = parser.position;
      }
      pending = bytes.subarray(at);
    }
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    return { commands, error: error.message, rest: 0 };
  }
  return { commands, error: null, rest: pending.length };
}

function multibulk(...words: string[]): string {
  return `*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`;
}

describe('a request', () => {
  test.each([
    ['multibulk', multibulk('GET', 'key'), ['GET', 'key']],
    ['with any bytes', multibulk('SET', '\r\n\0\xff', ''), ['SET', '\r\n\0\xff', '']],
    ['inline', 'GET key\r\n', ['GET', 'key']],
    ['inline, ended by a newline alone', 'GET key\n', ['GET', 'key']],
    ['inline with blanks', '  GET \t key  \r\n', ['GET', 'key']],
    ['inline with quotes', 'SET "a b" \'c d\'\r\n', ['SET', 'a b', 'c d']],
    ['inline with escapes', 'SET "\\x00\\n\\"" \'\\\'\'\r\n', ['SET', '\0\n"', "'"]],
  ])('can be %s', (_title, bytes, words) => {
    expect(parse([bytes])).toEqual({ commands: [words], error: null, rest: 0 });
  });

  test.each(['\r\n', '\n', '   \r\n', '*0\r\n', '*-1\r\n', '*-2147483649\r\n'])(
    'of nothing is a command without words: %j',
    (bytes) => {
      expect(parse([bytes])).toEqual({ commands: [[]], error: null, rest: 0 });
    },
  );

  test('may have thousands of words', () => {
    const words = Array.from({ length: 20_000 }, (_, i) => `word${i}`);
    expect(parse([multibulk(...words), multibulk('PING')]).commands).toEqual([words, ['PING']]);
  });

  test('is not begun to be understood before it is whole', () => {
    const bytes = multibulk('GET', 'key');
    for (let cut = 1; cut < bytes.length; cut++) {
      expect(parse([bytes.slice(0, cut)])).toEqual({ commands: [], error: null, rest: cut });
    }
  });
});

test('a zero byte is no end of a line', () => {
  // Redis differs: it waits for the rest of such a line for ever.
  expect(parse(['*1\r\n\x004\r\nPING\r\n']).error).toBe("Protocol error: expected '$', got '\0'");
});

describe('before a client has logged in', () => {
  test('ten words of 16 KB are the most', () => {
    const words = new Array<string>(10).fill('x'.repeat(16_384));
    expect(parse([multibulk(...words)], true).commands).toEqual([words]);
    expect(parse(['*11\r\n'], true).error).toBe('Protocol error: unauthenticated multibulk length');
    expect(parse(['*1\r\n$16385\r\n'], true).error).toBe(
      'Protocol error: unauthenticated bulk length',
    );
  });
});

const bulkWords = fc.oneof(
  fc.string({ maxLength: 8 }).map((text) => Buffer.from(text).toString('latin1')),
  fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
);
const requests = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.array(bulkWords, { minLength: 1, maxLength: 6 }).map((w) => multibulk(...w)),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom('PING\r\n', 'GET "a b"\n', '\r\n', '*0\r\n', "set 'x' y\r\n"),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '*x\r\n',
      '*1\r\nGET\r\n',
      '*1\r\n$-1\r\n',
      '*2147483648\r\n',
      'GET "a\r\n',
      '*1\r\n$999999999999\r\n',
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(`GET ${'k'.repeat(65_600)}\r\n`, `*${'1'.repeat(70_000)}\r\n`),
  },
);

test('however a stream is cut, it holds the same commands', () => {
  const streams = fc.array(requests, { maxLength: 8 }).map((all) => all.join(''));
  const cuts = fc.array(fc.nat(), { maxLength: 40 });
  fc.assert(
    fc.property(streams, cuts, (stream, places) => {
      const sorted = places.map((place) => place % (stream.length + 1)).sort((a, b) => a - b);
      const ends = [...sorted, stream.length];
      const chunks = ends.map((end, i) => stream.slice(ends[i - 1] ?? 0, end));
      expect(parse(chunks)).toEqual(parse([stream]));
    }),
    { numRuns: 3000 },
  );
});

test('fed byte by byte it holds them too', () => {
  const streams = fc.array(requests, { maxLength: 5 }).map((all) => all.join(''));
  fc.assert(
    fc.property(streams, (stream) => {
      fc.pre(stream.length < 2000);
      expect(parse([...stream])).toEqual(parse([stream]));
    }),
    { numRuns: 2000 },
  );
});

/** Streams and what is wrong with them; each ends the connection or leaves it waiting for more. */
const STREAMS: Readonly<Record<string, string>> = {
  'multibulk length no number': '*x\r\n',
  'multibulk length empty': '*\r\n',
  'multibulk length NaN': '*nan\r\n',
  'multibulk length with sign': '*+1\r\n',
  'multibulk length with leading zero': '*01\r\n$4\r\nPING\r\n',
  'multibulk length minus zero': '*-0\r\n',
  'multibulk length with blank': '* 1\r\n',
  'multibulk length with trailing blank': '*1 \r\n',
  'multibulk length huge': '*2147483648\r\n',
  'multibulk length beyond 64 bits': '*99999999999999999999999\r\n',
  'multibulk length negative beyond 64 bits': '*-99999999999999999999999\r\n',
  'multibulk length a fraction': '*1.5\r\n',
  'multibulk length with exponent': '*1e1\r\n',
  'multibulk length hexadecimal': '*0x1\r\n',
  'bulk length no number': '*1\r\n$x\r\n',
  'bulk length empty': '*1\r\n$\r\n',
  'bulk length negative': '*1\r\n$-1\r\n',
  'bulk length minus zero': '*1\r\n$-0\r\n',
  'bulk length above the limit': '*1\r\n$536870913\r\n',
  'bulk length beyond 64 bits': '*1\r\n$99999999999999999999999\r\n',
  'bulk length with leading zero': '*1\r\n$04\r\nPING\r\n',
  'no dollar': '*1\r\nPING\r\n',
  'a colon for a dollar': '*2\r\n$4\r\nECHO\r\n:1\r\n',
  'a RESP3 map as a request': '*1\r\n%1\r\n+a\r\n:1\r\n',
  'a high byte for a dollar': '*1\r\n\xe94\r\nPING\r\n',
  'a newline for a dollar': '*1\r\n\n4\r\nPING\r\n',
  'a carriage return for a dollar': '*1\r\n\r\n',
  'a quote for a dollar': "*1\r\n'4\r\nPING\r\n",
  'double quotes not closed': 'SET "a b\r\n',
  'single quotes not closed': "SET 'a b\r\n",
  'something behind quotes': 'SET "a"b\r\n',
  'inline too long': 'x'.repeat(70_000),
  'multibulk count too long': `*${'1'.repeat(70_000)}`,
  'bulk count too long': `*1\r\n$${'1'.repeat(70_000)}`,
  'good commands before a bad one': '*1\r\n$4\r\nPING\r\nPING\r\n*x\r\nPING\r\n',
  'a RESP3 push as a request': '>1\r\n+a\r\nQUIT\r\n',
  'a RESP3 map header as inline words': '%1\r\n$1\r\na\r\nQUIT\r\n',
  'empty requests': '\r\n*0\r\n*-5\r\n\n   \r\nQUIT\r\n',
  'more bytes than a bulk said': '*1\r\n$4\r\nPINGPONG\r\nQUIT\r\n',
  'fewer bytes than a bulk said': '*2\r\n$4\r\nECHO\r\n$9\r\nabc\r\nQUIT\r\nQUIT\r\n',
  'an inline command with bytes': 'ECHO "\\x00\\xff"\r\nQUIT\r\n',
};

/** The same for clients that have not logged in. */
const STREAMS_WITHOUT_LOGIN: Readonly<Record<string, string>> = {
  'many words': '*11\r\n',
  'ten words': `*10\r\n${'$1\r\na\r\n'.repeat(10)}QUIT\r\n`,
  'a long word': '*1\r\n$16385\r\n',
  'a word of 16 KB': `*1\r\n$16384\r\n${'x'.repeat(16_384)}\r\nQUIT\r\n`,
  'a word beyond all limits': '*1\r\n$536870913\r\n',
  'no login': 'PING\r\nGET a\r\nNOSUCH\r\nQUIT\r\n',
};

describe.skipIf(!hasOracle)('what breaks the protocol is answered as redis-server does', () => {
  let redcell: Served;
  let oracle: Oracle;

  beforeAll(async () => {
    redcell = await Served.start();
    oracle = await Oracle.start();
  });

  afterAll(async () => {
    await redcell?.stop();
    await oracle?.stop();
  });

  async function answer(port: number, stream: string): Promise<string> {
    const socket = await RawSocket.open(port);
    await socket.write(stream);
    return socket.untilClosed();
  }

  async function expectSame(stream: string): Promise<void> {
    expect(await answer(redcell.port, stream)).toBe(await answer(oracle.port, stream));
  }

  test.each(Object.entries(STREAMS))('%s', async (_title, stream) => {
    // Whoever goes on waiting is asked to leave.
    const isAnswered = stream.endsWith('QUIT\r\n') || stream.length > 65_536;
    await expectSame(isAnswered ? stream : `${stream}QUIT\r\n`);
  });

  test('also before the client has logged in', async () => {
    for (const port of [redcell.port, oracle.port]) {
      const socket = await RawSocket.open(port);
      await socket.write('CONFIG SET requirepass secret\r\n');
      await socket.until((received) => received === '+OK\r\n');
      socket.close();
    }
    for (const stream of Object.values(STREAMS_WITHOUT_LOGIN)) await expectSame(stream);
  });
});
