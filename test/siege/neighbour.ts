// A module that does nothing wrong, beside one that does nothing right: how often it answers
// wrongly, and how long it had to wait.

import type { Client } from '../../host/dispatch/client.ts';
import type { TestInstance } from '../support/instance.ts';
import { Probe } from '../support/probe.ts';

export class Neighbour {
  probe!: Probe;
  asked = 0;
  wrong = 0;
  worstMs = 0;
  #server!: TestInstance;
  #client!: Client;
  #counter = 0n;

  async load(server: TestInstance): Promise<void> {
    this.#server = server;
    this.#client = server.instance.createClient();
    this.probe = await Probe.load(server, 'neighbour');
    this.probe.command('neighbour.count', '', (ctx) => {
      this.probe.api.RedisModule_ReplyWithLongLong(ctx, ++this.#counter);
    });
  }

  /** Asks for the next number, after a pause of `waitedMs`. */
  ask(waitedMs: number): void {
    const startMs = performance.now();
    const expected = `:${this.#counter + 1n}\r\n`;
    if (this.#server.rawAs(this.#client, 'neighbour.count') !== expected) this.wrong++;
    this.asked++;
    this.worstMs = Math.max(this.worstMs, waitedMs + performance.now() - startMs);
  }

  describe(): string {
    const pause = `worst pause ${this.worstMs.toFixed(1)} ms`;
    return `neighbour: ${this.asked} asked, ${this.wrong} wrong, ${pause}`;
  }
}
