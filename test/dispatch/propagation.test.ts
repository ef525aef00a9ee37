import { expect, test } from 'vitest';
import {
  Propagation,
  type PropagationSink,
  TO_ALL,
  TO_FILE,
  TO_REPLICAS,
} from '../../host/dispatch/propagation.ts';
import { Argv } from '../../host/lib/argv.ts';

function sinkInto(fed: string[], takesMessages: boolean): PropagationSink {
  return {
    takesMessages,
    feed: (db, argv) => void fed.push(`${db}: ${argv.toByteStrings().join(' ')}`),
  };
}

function setUp() {
  const propagation = new Propagation();
  const file: string[] = [];
  const replicas: string[] = [];
  propagation.addSink(sinkInto(file, false));
  propagation.addSink(sinkInto(replicas, true));
  return { propagation, file, replicas };
}

test('one effect goes as it is, several in MULTI and EXEC', () => {
  const { propagation, file, replicas } = setUp();
  propagation.add(1, Argv.of('A'));
  propagation.flush();
  propagation.add(0, Argv.of('B'));
  propagation.add(2, Argv.of('C'));
  propagation.flush();
  expect(file).toEqual(['1: A', '0: MULTI', '0: B', '2: C', '2: EXEC']);
  expect(replicas).toEqual(file);
});

test('each sink gets only what is meant for it', () => {
  const { propagation, file, replicas } = setUp();
  propagation.add(0, Argv.of('BOTH'));
  propagation.add(0, Argv.of('FILE'), TO_FILE);
  propagation.addMessage(0, Argv.of('MESSAGE'));
  propagation.flush();
  propagation.add(0, Argv.of('FILE'), TO_FILE);
  propagation.flush();
  expect(file).toEqual(['0: MULTI', '0: BOTH', '0: FILE', '0: EXEC', '0: FILE']);
  expect(replicas).toEqual(['0: MULTI', '0: BOTH', '0: MESSAGE', '0: EXEC']);
});

test('what is not allowed anywhere is not kept, except what the server itself did', () => {
  const { propagation, file, replicas } = setUp();
  propagation.allowed = 0;
  propagation.add(0, Argv.of('SILENT'));
  propagation.addServerEffect(0, Argv.of('DEL'));
  propagation.allowed = TO_REPLICAS;
  propagation.add(0, Argv.of('HALF'), TO_ALL);
  propagation.add(0, Argv.of('NONE'), TO_FILE);
  propagation.allowed = TO_ALL;
  propagation.flush();
  expect(file).toEqual(['0: DEL']);
  expect(replicas).toEqual(['0: MULTI', '0: DEL', '0: HALF', '0: EXEC']);
});

test('effects can be taken back, and nothing is kept while nobody listens', () => {
  const { propagation, file } = setUp();
  propagation.add(0, Argv.of('KEPT'));
  const mark = propagation.length;
  propagation.add(0, Argv.of('UNDONE'));
  propagation.truncate(mark);
  propagation.flush();
  expect(file).toEqual(['0: KEPT']);
  const idle = new Propagation();
  idle.add(0, Argv.of('A'));
  expect([idle.isActive, idle.length]).toEqual([false, 0]);
});

test('effects that do not belong together are no transaction', () => {
  const { propagation, file } = setUp();
  propagation.add(0, Argv.of('DEL', 'a'));
  propagation.add(0, Argv.of('DEL', 'b'));
  propagation.flush(false);
  expect(file).toEqual(['0: DEL a', '0: DEL b']);
});

test('a sink that is removed gets nothing any more', () => {
  const propagation = new Propagation();
  const fed: string[] = [];
  const sink = sinkInto(fed, false);
  propagation.addSink(sink);
  propagation.removeSink(sink);
  propagation.add(0, Argv.of('A'));
  propagation.flush();
  expect(fed).toEqual([]);
});
