// A redcell with sockets, in this process, on a port of its own.

import { tmpdir } from 'node:os';
import { Config } from '../../host/config/config.ts';
import type { ServerLimits } from '../../host/connection-host.ts';
import { Instance } from '../../host/instance.ts';
import { systemClock } from '../../host/lib/clock.ts';
import { createLog } from '../../host/lib/log.ts';
import { systemScheduler } from '../../host/lib/scheduler.ts';
import { Server } from '../../host/server.ts';
import { RawClient } from './oracle.ts';

const MB = 1024 * 1024;
const LIMITS: ServerLimits = {
  maxClients: 10_000,
  bulkMaxBytes: 512 * MB,
  queryBufferMaxBytes: 1024 * MB,
};

export class Served {
  readonly instance: Instance;
  readonly logLines: string[] = [];
  readonly port: number;
  readonly #server: Server;

  private constructor(instance: Instance, server: Server, port: number, logLines: string[]) {
    this.instance = instance;
    this.port = port;
    this.logLines = logLines;
    this.#server = server;
  }

  static async start(limits: Partial<ServerLimits> = {}): Promise<Served> {
    const logLines: string[] = [];
    const write = (line: string): void => void logLines.push(line);
    const log = createLog({ level: 'debug', format: 'redis', write });
    const config = new Config(tmpdir());
    const instance = new Instance({ clock: systemClock, scheduler: systemScheduler, log, config });
    const server = new Server(instance, () => ({ ...LIMITS, ...limits }));
    const { port } = server.listenTcp({ host: '127.0.0.1', port: 0 });
    instance.start();
    return new Served(instance, server, port, logLines);
  }

  client(): Promise<RawClient> {
    return RawClient.open(this.port);
  }

  async stop(): Promise<void> {
    this.instance.stop();
    await this.#server.close();
  }
}
