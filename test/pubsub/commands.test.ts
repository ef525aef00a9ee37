import { expect, test } from 'vitest';
import { Argv } from '../../host/lib/argv.ts';
import { pubsubCommands } from '../../host/pubsub/commands.ts';
import { TestInstance } from '../support/instance.ts';

test.each(['SUBSCRIBE', 'PSUBSCRIBE', 'SSUBSCRIBE'])(
  '%s is refused where nobody could receive messages',
  (name) => {
    const { instance, client } = new TestInstance();
    const entry = pubsubCommands.find((it) => it.name === name.toLowerCase());
    if (entry === undefined) throw new Error('no such command');
    const { writer } = client;
    instance.executor.call(client, entry, Argv.of(name, 'x'), writer, { deniesBlocking: true });
    expect(writer.errorSince(0)).toBe(`ERR ${name} isn't allowed for a DENY BLOCKING client`);
    expect(instance.pubsub.isIdle).toBe(true);
  },
);

test('PUBLISH may replicate, so that a pause of writes keeps it, but COMMAND does not say so', () => {
  const redcell = new TestInstance();
  expect(redcell.raw('COMMAND', 'INFO', 'publish')).not.toContain('may_replicate');
});
