// An instance without sockets: for tests of commands, keyspace and modules.

import { tmpdir } from 'node:os';
import { Config } from '../../host/config/config.ts';
import type { Client } from '../../host/dispatch/client.ts';
import { Instance, type InstanceParts } from '../../host/instance.ts';
import { Argv } from '../../host/lib/argv.ts';
import { byteString } from '../../host/lib/bytes.ts';
import { ManualClock } from '../../host/lib/clock.ts';
import { createLog } from '../../host/lib/log.ts';
import { ManualScheduler } from '../../host/lib/scheduler.ts';

/** A virtual Redis with a clock that stands still until told otherwise. */
export class TestInstance {
  readonly clock = new ManualClock();
  readonly scheduler = new ManualScheduler(this.clock);
  readonly logLines: string[] = [];
  readonly instance: Instance;
  readonly client: Client;
  /** What the append-only file and replicas would be sent, each effect as its words. */
  readonly effects: string[][] = [];

  /**
   * @param settings directives; without any nothing is ever saved.
   * @param parts what is not to be the usual
   */
  constructor(
    settings: Readonly<Record<string, string>> = {},
    parts: Partial<Pick<InstanceParts, 'heap' | 'clock' | 'storage'>> = {},
  ) {
    const write = (line: string): void => void this.logLines.push(line);
    const log = createLog({ level: 'debug', format: 'redis', write });
    const { clock, scheduler } = this;
    const config = testConfig(settings);
    this.instance = new Instance({ clock, scheduler, log, config, ...parts });
    this.client = this.instance.createClient();
    this.instance.executor.propagation.addSink({
      feed: (_db, argv) => void this.effects.push(argv.toByteStrings()),
    });
  }

  /** Sends one command; returns the raw reply bytes (one char a byte), '' while blocked. */
  raw(...words: (string | number)[]): string {
    return this.rawAs(this.client, ...words);
  }

  rawAs(client: Client, ...words: (string | number)[]): string {
    const argv = Argv.of(...words.map((word) => Buffer.from(String(word)).latin1Slice()));
    this.instance.executor.beginTurn();
    this.instance.dispatcher.dispatch(client, argv);
    return this.takeReply(client);
  }

  /** The bytes written to a client since they were last taken. */
  takeReply(client: Client = this.client): string {
    const { writer } = client;
    const reply = byteString(writer.buffer, 0, writer.length);
    writer.clear();
    return reply;
  }

  /** Moves the clocks on, running due timers. */
  advance(ms: number): void {
    this.scheduler.advance(ms);
  }

  takeEffects(): string[][] {
    return this.effects.splice(0);
  }
}

/** What servers in tests are started with unless `settings` says otherwise. */
const SETTINGS = {
  save: '', // nothing
  'module-trap-limit': '0', // tests let modules trap again and again
};

function testConfig(settings: Readonly<Record<string, string>>): Config {
  const config = new Config(tmpdir());
  for (const [name, value] of Object.entries({ ...SETTINGS, ...settings })) {
    const option = config.find(name);
    const words = option?.option.takesMany && value !== '' ? value.split(' ') : [value];
    const problem = option ? config.load(option, words, false) : 'no such option';
    if (problem !== null) throw new Error(`${name}: ${problem}`);
  }
  return config;
}
