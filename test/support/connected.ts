// Clients of a TestInstance that seem to have a socket: CLIENT LIST shows them, CLIENT KILL closes
// them, CLIENT PAUSE keeps them waiting.

import type { Client, Transport } from '../../host/dispatch/client.ts';
import type { TestInstance } from './instance.ts';

export class FakeTransport implements Transport {
  readonly remoteAddress: string;
  readonly localAddress = '127.0.0.1:6379';
  readonly fd = 8;
  readonly isUnixSocket = false;
  readonly outputBytes = 0;
  readonly inputBytes = 0;
  isClosed = false;
  closesAfterReply = false;
  flushes = 0;

  constructor(remoteAddress: string) {
    this.remoteAddress = remoteAddress;
  }

  scheduleFlush(): void {
    this.flushes++;
  }

  pause(): void {}

  resume(): void {}

  closeAfterReply(): void {
    this.closesAfterReply = true;
  }

  closeNow(): void {
    this.isClosed = true;
  }

  checkLimits(): void {}
}

export interface Connected {
  readonly client: Client;
  readonly transport: FakeTransport;
  /** Sends a command; returns the raw reply bytes. */
  raw(...words: (string | number)[]): string;
  /** What has arrived besides. */
  take(): string;
}

/** Connects a client; its port is 5000 plus its id. */
export function connect(redcell: TestInstance, protocol: 2 | 3 = 2): Connected {
  const client = redcell.instance.createClient();
  const transport = new FakeTransport(`127.0.0.1:${5000 + client.id}`);
  client.transport = transport;
  client.writer.protocol = protocol;
  return {
    client,
    transport,
    raw: (...words) => redcell.rawAs(client, ...words),
    take: () => redcell.takeReply(client),
  };
}
