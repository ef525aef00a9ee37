// An instance with an append-only file on a disk of the test's choice.

import { Argv } from '../../host/lib/argv.ts';
import { BGREWRITEAOF } from '../../host/persistence/aof-commands.ts';
import { AOF, type AofOptions, AppendOnly } from '../../host/persistence/aof-control.ts';
import type { Storage } from '../../host/persistence/storage.ts';
import { NO_MODULE_TYPES } from '../../host/rdb/module-io.ts';
import { TestInstance } from './instance.ts';

export type MutableAofOptions = { -readonly [Name in keyof AofOptions]: AofOptions[Name] };

export class AofInstance extends TestInstance {
  readonly aof: AppendOnly;
  readonly options: MutableAofOptions;
  readonly #atTurnEnd: (() => void)[] = [];

  constructor(storage: Storage, options: Partial<AofOptions> = {}) {
    super({ 'enable-debug-command': 'yes' });
    const { dispatcher, services } = this.instance;
    this.options = { ...DEFAULTS, ...options };
    const snapshotOptions = {
      isCompressing: true,
      isChecksummed: true,
      modules: NO_MODULE_TYPES,
    };
    this.aof = new AppendOnly({
      dispatcher,
      storage,
      snapshotOptions,
      options: this.options,
      snapshots: this.instance.snapshots,
      createClient: () => this.instance.createInternalClient(),
      afterTurn: (work) => void this.#atTurnEnd.push(work),
    });
    services.set(AOF, this.aof);
    if (dispatcher.table.lookupName('bgrewriteaof') === undefined) {
      dispatcher.table.add(BGREWRITEAOF);
    }
    dispatcher.addGuard((client, entry) => this.aof.refusal(client, entry));
  }

  /** Loads what is there and begins to write, as a server does at start. */
  async boot(): Promise<this> {
    await this.aof.load();
    this.aof.start();
    return this;
  }

  /** Sends commands, each a line of words, as one turn; returns what became of the replies. */
  turn(...lines: string[]): Turn {
    const replies = lines.map((line) => this.raw(...line.split(' ')));
    const turn: Turn = { replies, outcome: 'held' };
    const isReleased = this.aof.endTurn((failure) => {
      turn.outcome = failure ?? 'released';
    });
    if (isReleased) turn.outcome = 'released';
    this.endTurn();
    return turn;
  }

  /** Runs what waits for the end of the event-loop turn. */
  endTurn(): void {
    for (const work of this.#atTurnEnd.splice(0)) work();
  }

  /** Time passes, with the server's periodic work in it. */
  pass(ms: number): void {
    for (let left = ms; left > 0; left -= 100) {
      this.advance(Math.min(100, left));
      this.instance.executor.beginTurn();
      this.aof.cron();
      this.endTurn();
    }
  }

  /** The whole data set in a form that can be compared: each key as its commands. */
  contents(): string {
    const lines: string[] = [];
    for (const db of this.instance.keyspace.usedDatabases()) {
      db.forEach((ref) => {
        const key = db.keyOf(ref).toByteString();
        const words = [db.index, key, db.expireOf(ref)];
        const value = db.isComplex(ref)
          ? JSON.stringify(this.#shown(db.index, key, db.valueOf(ref).type))
          : db.stringOf(ref).toByteString();
        lines.push(`${words.join(' ')} ${value}`);
      });
    }
    return lines.sort().join('\n');
  }

  #shown(dbIndex: number, key: string, type: string): string {
    const client = this.instance.createInternalClient();
    client.db = this.instance.keyspace.database(dbIndex);
    const words = READ_COMMANDS[type];
    if (words === undefined) throw new Error(`no way to show a ${type}`);
    const [name, ...rest] = words;
    this.instance.executor.beginTurn();
    this.instance.dispatcher.dispatch(client, Argv.of(name as string, key, ...rest));
    const reply = this.takeReply(client);
    return type === 'list' || type === 'zset' ? reply : reply.split('\r\n').sort().join(' ');
  }
}

export interface Turn {
  readonly replies: string[];
  /** 'held', 'released', or the error its clients get. */
  outcome: string;
}

const READ_COMMANDS: Record<string, string[]> = {
  list: ['lrange', '0', '-1'],
  set: ['smembers'],
  hash: ['hgetall'],
  zset: ['zrange', '0', '-1', 'withscores'],
};

const DEFAULTS: AofOptions = {
  dir: '/data',
  directoryName: 'appendonlydir',
  fileName: 'appendonly.aof',
  fsync: 'everysec',
  skipsFsyncOnRewrite: false,
  allowsTruncated: true,
  usesRdb: true,
  hasTimestamps: false,
  rewritePercentage: 0,
  rewriteMinBytes: 64 * 1024 * 1024,
  keepsHistory: false,
};
