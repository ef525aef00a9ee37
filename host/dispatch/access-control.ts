// Who may do what: the users of an instance, the checks of their commands, and what becomes of
// clients whose user may do less than before.

import { AclLog, type DenialOrigin, type Refusal } from '../acl/log.ts';
import { isChannelAmong } from '../acl/selector.ts';
import type { User } from '../acl/user.ts';
import { type UserObserver, Users } from '../acl/users.ts';
import type { Argv } from '../lib/argv.ts';
import type { ByteString } from '../lib/bytes.ts';
import { ServiceKey } from '../lib/services.ts';
import type { Executor } from './call.ts';
import type { Client } from './client.ts';
import type { Clients } from './clients.ts';
import { type CommandError, notPermitted } from './errors.ts';
import { type Denial, denialOf } from './permissions.ts';
import type { CommandEntry } from './spec.ts';
import type { CommandTable } from './table.ts';

export const ACCESS = new ServiceKey<AccessControl>('access-control');

export interface AccessParts {
  readonly executor: Executor;
  readonly table: CommandTable;
  readonly clients: Clients;
  /** A line of CLIENT LIST for the log. */
  readonly describeClient: (client: Client) => ByteString;
}

/** A command line and where it comes from. */
export interface CheckedCommand {
  readonly entry: CommandEntry;
  readonly argv: Argv;
  readonly origin: DenialOrigin;
}

export class AccessControl {
  readonly users: Users;
  readonly log = new AclLog();
  readonly #parts: AccessParts;

  constructor(parts: AccessParts) {
    this.#parts = parts;
    this.users = new Users(parts.table, this.#observer());
    parts.executor.statResets.push(() => this.log.resetCounts());
  }

  /** New connections need no password. */
  get isOpen(): boolean {
    const { isEnabled, hasNoPassword } = this.users.default;
    return isEnabled && hasNoPassword;
  }

  /** The client of a connection that has just begun, or was reset. */
  makeDefault(client: Client): void {
    client.user = this.users.default;
    client.isAuthenticated = this.isOpen;
  }

  /** Why a client may not send a command, which is noted in the log; null if it may. */
  refusal(client: Client, entry: CommandEntry, argv: Argv): CommandError | null {
    const { user } = client;
    if (user === null || user.isUnrestricted) return null;
    return this.refusalOf(client, user, { entry, argv, origin: originOf(client) });
  }

  /** The same for a command in the name of any user. */
  refusalOf(client: Client, user: User, command: CheckedCommand): CommandError | null {
    const denial = denialOf(user, command.entry, command.argv);
    if (denial === null) return null;
    this.note(client, user, denial, command);
    return notPermitted(user.name, command.entry.fullName, denial.reason);
  }

  /** Notes a refused command in the log. */
  note(client: Client, user: User, { reason, position }: Denial, command: CheckedCommand): void {
    const { entry, argv, origin } = command;
    const name = entry.fullName as ByteString; // names of commands are bytes
    const object = reason === 'command' ? name : argv.at(position).toByteString();
    this.noteRefusal(client, { reason, origin, object, userName: user.name });
  }

  /** @param client told about if no connection's command is under way */
  noteRefusal(client: Client, refusal: Omit<Refusal, 'clientInfo'>): void {
    const { executor, describeClient } = this.#parts;
    const clientInfo = describeClient(executor.currentClient ?? client);
    this.log.add({ ...refusal, clientInfo }, executor.keyspace.nowMs);
  }

  /** Ends what a client was allowed; the one whose command is under way gets its reply first. */
  expel(client: Client): void {
    client.user = this.users.default;
    client.isAuthenticated = false;
    if (this.#parts.executor.isRunningFor(client)) {
      client.isClosing = true;
      client.transport?.closeAfterReply();
    } else {
      this.#parts.clients.kill(client);
    }
  }

  #observer(): UserObserver {
    return {
      deleted: (user) => {
        for (const client of this.#clientsOf(user)) this.expel(client);
      },
      changing: (user, next) => {
        const channels = lostChannels(user, next);
        if (channels === null) return;
        for (const client of this.#clientsOf(user)) {
          if (!isWithin(client, channels)) this.expel(client);
        }
      },
    };
  }

  #clientsOf(user: User): Client[] {
    return [...this.#parts.clients.all()].filter((client) => client.user === user);
  }
}

/** Where a command that a client sends comes from. */
function originOf(client: Client): DenialOrigin {
  if (client.isScript) return 'lua';
  return client.transaction === null ? 'toplevel' : 'multi';
}

/** The channels that are left, or null when none is lost. */
function lostChannels(user: User, next: User): readonly ByteString[] | null {
  if (next.selectors.some((selector) => selector.hasAllChannels)) return null;
  const left = next.selectors.flatMap((selector) => selector.channels);
  const isSuperset = user.selectors.every(
    (selector) =>
      !selector.hasAllChannels && selector.channels.every((pattern) => left.includes(pattern)),
  );
  return isSuperset ? null : left;
}

/** Whether a client is subscribed to nothing but what `channels` allow. */
function isWithin({ subscriptions }: Client, channels: readonly ByteString[]): boolean {
  if (subscriptions === null) return true;
  const allows = (isPattern: boolean) => (name: ByteString) =>
    isChannelAmong(channels, name, isPattern);
  return (
    [...subscriptions.patterns].every(allows(true)) &&
    [...subscriptions.channels].every(allows(false)) &&
    [...subscriptions.shardChannels].every(allows(false))
  );
}
