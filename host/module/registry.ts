// What a module has registered with the server, so that all of it can be taken back.

import type { CallPromise } from './call-promise.ts';
import type { Callback } from './callbacks.ts';
import type { ModuleCommand } from './command.ts';
import type { DataType } from './data-type.ts';
import type { ModuleInstance } from './instance.ts';
import type { ModuleUser } from './module-user.ts';
import { quotable } from './printable.ts';
import { REGISTRATION_BYTES } from './quota.ts';

export class Registry {
  readonly commands = new Map<string, ModuleCommand>();
  readonly types: DataType[] = [];
  /** Clients that wait for this module. */
  blockedClients = 0;
  /** Timers that have not fired. */
  timers = 0;
  /** Blocked calls whose reply this module waits for. */
  readonly promises = new Set<CallPromise>();
  /** Users of its own: they end with it. */
  readonly users = new Set<ModuleUser>();
  /** Adds sections to INFO. */
  info: Callback | null = null;
  /** Full names of the options it brought. */
  readonly configs: string[] = [];
  /** LoadConfigs has been called since. */
  hasLoadedConfigs = false;
  /** What it was refused while it was loaded: tells the user why OnLoad may have given up. */
  readonly refusals: string[] = [];
  /** Takes back everything else (subscriptions, configs …) at unload, newest first. */
  readonly undo: (() => void)[] = [];
}

/**
 * Notes how to take a registration back: at unload, or when the call it is made in traps. It has been
 * charged with REGISTRATION_BYTES.
 */
export function noteRegistration(m: ModuleInstance, takeBack: () => void): void {
  const { undo } = m.registry;
  undo.push(takeBack);
  m.executor.keyspace.journal.note(() => {
    takeBack();
    m.quota.release(REGISTRATION_BYTES);
    undo.splice(undo.indexOf(takeBack), 1);
  });
}

/** Notes what a module that is being loaded does not get, as a noun. */
export function refuse(m: ModuleInstance, what: string): void {
  if (m.isLoading) m.registry.refusals.push(quotable(what));
}
