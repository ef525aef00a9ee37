// The services of an instance that have to do with clients and with what the server tells of
// itself: made here, bound to their directives and to each other.

import { clientBytes, clientLine } from './commands/client-line.ts';
import { contributeBasics } from './commands/info-basics.ts';
import { contributeStatistics } from './commands/info-statistics.ts';
import type { Config } from './config/config.ts';
import { ACCESS, AccessControl } from './dispatch/access-control.ts';
import { AUTHENTICATOR, Authenticator } from './dispatch/authentication.ts';
import type { Executor } from './dispatch/call.ts';
import type { Client } from './dispatch/client.ts';
import { ClientLimits, type OutputLimit } from './dispatch/client-limits.ts';
import { CLIENTS, Clients } from './dispatch/clients.ts';
import type { Dispatcher } from './dispatch/dispatch.ts';
import { INFO_SECTIONS, InfoSections } from './dispatch/info-sections.ts';
import { LATENCY, LatencyMonitor } from './dispatch/latency.ts';
import { MEMORY_USE, MemoryUse } from './dispatch/memory-use.ts';
import { MONITORS, Monitors } from './dispatch/monitors.ts';
import { PAUSE, Pause } from './dispatch/pause.ts';
import { SERVER_FACTS, ServerFacts } from './dispatch/server-facts.ts';
import { STAT_RATES, StatRates } from './dispatch/stat-rates.ts';
import { COMMAND_TABLE } from './dispatch/table.ts';
import { TRACKING, Tracking } from './dispatch/tracking.ts';
import type { Database } from './keyspace/database.ts';
import { parseEventFlags } from './keyspace/events.ts';
import type { Slice } from './lib/slice.ts';
import { KEYSPACE_EVENTS, KeyspaceEvents } from './pubsub/notify.ts';
import { PUBSUB, PubSub } from './pubsub/pubsub.ts';

export class ClientServices {
  readonly clients = new Clients();
  readonly limits = new ClientLimits();
  readonly pubsub: PubSub;
  readonly events: KeyspaceEvents;
  readonly tracking: Tracking;
  readonly pause: Pause;
  readonly monitors: Monitors;
  readonly latency: LatencyMonitor;
  readonly rates: StatRates;
  readonly memory: MemoryUse;
  readonly facts: ServerFacts;
  readonly sections = new InfoSections();
  readonly access: AccessControl;
  readonly authenticator: Authenticator;
  readonly #executor: Executor;
  #clientBytes = 0;

  /** Registers everything with the executor's services. */
  constructor(dispatcher: Dispatcher, config: Config) {
    const { executor } = dispatcher;
    const { services, keyspace } = executor;
    this.#executor = executor;
    this.pubsub = new PubSub(executor);
    this.events = new KeyspaceEvents(keyspace, this.pubsub);
    this.tracking = new Tracking(executor, this.clients);
    this.pause = new Pause(dispatcher);
    this.monitors = new Monitors(executor);
    this.latency = new LatencyMonitor(executor);
    this.rates = new StatRates(executor, this.clients);
    this.memory = new MemoryUse(keyspace);
    this.facts = new ServerFacts(executor.clock.nowMs());
    const { table } = dispatcher;
    const describeClient = (client: Client) => clientLine(client, keyspace.nowMs);
    this.access = new AccessControl({ executor, table, clients: this.clients, describeClient });
    this.authenticator = new Authenticator(this.access);
    dispatcher.access = this.access;
    services.set(COMMAND_TABLE, table);
    services.set(CLIENTS, this.clients);
    services.set(PUBSUB, this.pubsub);
    services.set(KEYSPACE_EVENTS, this.events);
    services.set(TRACKING, this.tracking);
    services.set(PAUSE, this.pause);
    services.set(MONITORS, this.monitors);
    services.set(LATENCY, this.latency);
    services.set(STAT_RATES, this.rates);
    services.set(MEMORY_USE, this.memory);
    services.set(SERVER_FACTS, this.facts);
    services.set(INFO_SECTIONS, this.sections);
    services.set(ACCESS, this.access);
    services.set(AUTHENTICATOR, this.authenticator);
    this.memory.setSource('clients', { bytes: () => this.#clientBytes });
    this.#cleanUpAfterClients(dispatcher);
    contributeBasics(this.sections, { executor, config });
    contributeStatistics(this.sections, { executor, table, config });
    this.sections.contribute('stats', () => [
      ['pubsub_channels', this.pubsub.countNames('channels')],
      ['pubsub_patterns', this.pubsub.countNames('patterns')],
      ['pubsubshard_channels', this.pubsub.countNames('shardChannels')],
    ]);
    executor.statResets.push(
      () => this.clients.resetStats(),
      () => this.rates.reset(),
      () => this.memory.resetPeak(),
    );
    this.#watchLimits(config);
    this.#watchAccess(config);
    this.#watchMonitoring(config, dispatcher);
  }

  /** Ten times a second. */
  cron(): void {
    this.rates.sample();
    let bytes = 0;
    for (const client of this.clients.connected()) {
      bytes += clientBytes(client);
      client.transport?.checkLimits();
    }
    this.#clientBytes = bytes;
    void this.memory.peakBytes; // notes the peak
    if (this.limits.idleSec > 0) this.#closeIdle();
  }

  keyChanged(key: Slice): void {
    if (!this.tracking.isIdle) this.tracking.changed(key);
  }

  willFlush(_db: Database): void {
    if (!this.tracking.isIdle) this.tracking.flushed();
  }

  /** A connection is about to be closed because it holds too much. */
  limitExceeded(client: Client, limit: 'output' | 'query'): void {
    const { counters } = this.clients;
    if (limit === 'output') counters.outputLimitDisconnections++;
    else counters.queryLimitDisconnections++;
    const text =
      limit === 'output'
        ? 'scheduled to be closed ASAP for overcoming of output buffer limits.'
        : 'closed: it reached the max query buffer length.';
    const line = clientLine(client, this.#executor.keyspace.nowMs);
    this.#executor.log.warning(`Client ${line} ${text}`);
  }

  #closeIdle(): void {
    const executor = this.#executor;
    const nowMs = executor.clock.nowMs();
    for (const client of [...this.clients.connected()]) {
      if (!this.limits.isIdleTooLong(client, nowMs)) continue;
      executor.log.verbose('Closing idle client');
      this.clients.kill(client);
    }
  }

  #cleanUpAfterClients(dispatcher: Dispatcher): void {
    const leave = (client: Client): void => {
      this.pubsub.drop(client);
      this.tracking.disable(client);
      this.monitors.remove(client);
    };
    this.clients.onReset(leave);
    this.clients.onGone(leave);
    this.clients.onGone((client) => dispatcher.executor.blocking.drop(client));
  }

  #watchLimits(config: Config): void {
    config.watch('timeout', (seconds) => {
      this.limits.idleSec = seconds;
    });
    config.watch('client-output-buffer-limit', (words) => this.#setOutputLimits(words));
    config.watch('tracking-table-max-keys', (count) => {
      this.tracking.maxKeys = count === 0 ? Number.POSITIVE_INFINITY : count;
    });
    config.watch('maxmemory', (bytes) => {
      this.memory.maxBytes = bytes;
    });
    config.watch('maxmemory-policy', (policy) => {
      this.memory.policy = policy;
    });
  }

  #watchAccess(config: Config): void {
    const { users, log } = this.access;
    config.watch('acl-pubsub-default', (word) => {
      users.allowsChannels = word === 'allchannels';
    });
    config.watch('acllog-max-len', (length) => {
      log.maxLength = length;
    });
    config.watch('requirepass', () => users.setDefaultPassword(config.bytes('requirepass')));
  }

  /** @param words class, hard limit, soft limit and seconds, for each class */
  #setOutputLimits(words: readonly string[]): void {
    const { outputs } = this.limits;
    for (let i = 0; i + 3 < words.length; i += 4) {
      const [hardBytes, softBytes, softSeconds] = words.slice(i + 1, i + 4).map(Number);
      const limit = { hardBytes, softBytes, softSeconds } as OutputLimit; // the option checks them
      const name = words[i];
      if (name === 'normal' || name === 'pubsub') outputs[name] = limit;
      else outputs.replica = limit;
    }
  }

  #watchMonitoring(config: Config, { executor }: Dispatcher): void {
    config.watch('notify-keyspace-events', (letters) => {
      this.events.flags = parseEventFlags(letters) ?? 0; // the option refuses others
    });
    config.watch('slowlog-log-slower-than', (microseconds) => {
      executor.slowlog.thresholdUs = microseconds;
    });
    config.watch('slowlog-max-len', (length) => {
      executor.slowlog.maxLength = length;
    });
    config.watch('latency-monitor-threshold', (milliseconds) => {
      this.latency.thresholdMs = milliseconds;
    });
    config.watch('latency-tracking', (isOn) => {
      executor.stats.keepsHistograms = isOn;
    });
  }
}
