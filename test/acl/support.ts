// Commands for rules to be about, without a server.

import type { AclCommand, AclCommands } from '../../host/acl/commands.ts';
import type { ByteString } from '../../host/lib/bytes.ts';

const READ = 1n;
const ADMIN = 2n;
const BITS: Readonly<Record<string, bigint>> = { read: READ, admin: ADMIN };

class FakeCommand implements AclCommand {
  readonly number: number;
  readonly fullName: string;
  readonly categories: bigint;
  readonly parent: AclCommand | null;
  readonly subcommands = new Map<string, AclCommand>();

  constructor(number: number, fullName: string, categories: bigint, parent: AclCommand | null) {
    this.number = number;
    this.fullName = fullName;
    this.categories = categories;
    this.parent = parent;
  }
}

/** get and type (@read), set, debug, config|get and config|set (@admin), far (@read, number 70). */
export class FakeCommands implements AclCommands {
  readonly #byName = new Map<string, FakeCommand>();

  constructor() {
    this.add(0, 'get', READ);
    this.add(1, 'type', READ);
    this.add(2, 'set', 0n);
    this.add(3, 'debug', ADMIN);
    const config = this.add(4, 'config', 0n);
    config.subcommands.set('get', new FakeCommand(5, 'config|get', ADMIN, config));
    config.subcommands.set('set', new FakeCommand(6, 'config|set', ADMIN, config));
    this.add(70, 'far', READ);
  }

  add(number: number, name: string, categories: bigint): FakeCommand {
    const command = new FakeCommand(number, name, categories, null);
    this.#byName.set(name, command);
    return command;
  }

  remove(name: string): void {
    this.#byName.delete(name);
  }

  original(name: string): AclCommand | undefined {
    const [command = '', sub] = name.split('|');
    const found = this.#byName.get(command);
    return sub === undefined ? found : found?.subcommands.get(sub);
  }

  originals(): Iterable<AclCommand> {
    return this.#byName.values();
  }

  categoryBit(name: string): bigint {
    return BITS[name] ?? 0n;
  }
}

export const bytes = (text: string): ByteString => text as ByteString;
