// A server process that runs inside the test: sockets, files and signals, but no child.

import { loadConfig } from '../../host/config/arguments.ts';
import type { Client } from '../../host/dispatch/client.ts';
import { Argv } from '../../host/lib/argv.ts';
import { byteString } from '../../host/lib/bytes.ts';
import { ServerProcess } from '../../host/process/server-process.ts';

export class TestServerProcess {
  readonly process: ServerProcess;
  /** What it would print. */
  log = '';
  readonly #client: Client;

  /** @param args as on the command line */
  constructor(directory: string, args: readonly string[]) {
    const readStdin = (): Buffer => Buffer.alloc(0);
    const loaded = loadConfig({ args: [...args, '--save', ''], env: {}, directory, readStdin });
    const write = (line: string): void => {
      this.log += line;
    };
    this.process = new ServerProcess({ loaded, write, exit: () => {}, hasArguments: true });
    this.#client = this.process.instance.createClient();
  }

  static async start(directory: string, args: readonly string[]): Promise<TestServerProcess> {
    const server = new TestServerProcess(directory, args);
    await server.process.start();
    return server;
  }

  /** Sends a command that is answered at once, as a client without a socket. */
  raw(...words: (string | number)[]): string {
    const { executor, dispatcher } = this.process.instance;
    const { writer } = this.#client;
    executor.beginTurn();
    dispatcher.dispatch(this.#client, Argv.of(...words.map(String)));
    const reply = byteString(writer.buffer, 0, writer.length);
    writer.clear();
    return reply;
  }

  stop(): Promise<void> {
    return this.process.shutDown('SIGTERM');
  }
}
