// Modules that decide about AUTH and HELLO AUTH, at once or later, and those that want to know
// when a client they logged in is somebody else.

import { CONSTANTS } from '../../abi/constants.ts';
import type { LoginAttempt, LoginDecision, LoginHandler } from '../dispatch/authentication.ts';
import type { Client } from '../dispatch/client.ts';
import { BlockedClient } from './blocked-client.ts';
import type { Callback } from './callbacks.ts';
import type { ModuleContext } from './context.ts';
import type { ModuleInstance } from './instance.ts';
import { KIND_STRING } from './kinds.ts';
import { ModuleString } from './string.ts';

const HANDLED = CONSTANTS.REDISMODULE_AUTH_HANDLED;
const IN_TRANSACTION = 'ERR Blocking module command called from transaction';
const WHERE = 'authentication callback';

/** A login that a module is asked about. */
interface Login {
  readonly attempt: LoginAttempt;
  readonly decided: (decision: LoginDecision) => void;
  /** The module has logged the client in. */
  hasResult: boolean;
  /** It waits for the module. */
  isBlocked: boolean;
  /** Why it cannot wait. */
  refusal: string | null;
}

export class ModuleLogins {
  readonly #logins = new Map<Client, Login>();
  readonly #userChanges = new Map<Client, { readonly m: ModuleInstance; tell: () => void }>();

  /** Makes a callback of a module one who is asked about logins. */
  handler(m: ModuleInstance, callback: Callback): LoginHandler {
    return (attempt, decided) => {
      const { client } = attempt;
      const login = { attempt, decided, hasResult: false, isBlocked: false, refusal: null };
      this.#logins.set(client, login);
      const decision = this.#ask(m, login, callback, null);
      if (decision.outcome === 'later') return decision;
      attempt.context.isBlocked = false; // the callback trapped after it had blocked
      this.#logins.delete(client);
      return decision;
    };
  }

  #ask(
    m: ModuleInstance,
    login: Login,
    callback: Callback,
    blocked: BlockedClient | null,
  ): LoginDecision {
    const { client } = login.attempt;
    const purpose = blocked === null ? 'auth' : 'reply';
    // A module that fails lets nobody in.
    let decision: LoginDecision = { outcome: 'refused', error: null };
    m.executor.unit(() => {
      const made = m.enter(
        { purpose, client, db: client.db },
        (context) => {
          context.blocked = blocked;
        },
        (context) => decide(m, login, callback, context),
        (trap) => {
          decision = { outcome: 'refused', error: m.host.describeTrap(m, WHERE, trap) };
        },
      );
      if (made !== null) decision = made;
    });
    return decision;
  }

  /** BlockClientOnAuth: null when the client is not logging in. */
  block(
    m: ModuleInstance,
    context: ModuleContext,
    reply: Callback,
    free: Callback | null,
  ): BlockedClient | null {
    const { client } = context;
    const login = client === null ? undefined : this.#logins.get(client);
    if (client === null || login === undefined) return null;
    const blocked = new BlockedClient(m, context, { reply: null, timeout: null, free }, false);
    if (login.attempt.context.deniesBlocking) {
      login.refusal = IN_TRANSACTION;
      blocked.refuse();
      return blocked;
    }
    login.isBlocked = true;
    login.attempt.context.isBlocked = true;
    blocked.answer = (isAborted) => {
      login.hasResult = false;
      login.isBlocked = false;
      const decision: LoginDecision = isAborted
        ? { outcome: 'left' }
        : this.#ask(m, login, reply, blocked);
      return () => {
        this.#logins.delete(client);
        login.decided(decision);
      };
    };
    blocked.block(login.attempt.context, 0, null);
    return blocked;
  }

  /** A module has logged the client in: its callback need not say more. */
  loggedIn(client: Client): void {
    const login = this.#logins.get(client);
    if (login !== undefined) login.hasResult = true;
  }

  /** Calls `tell` once, when the client changes its user or goes away. */
  watch(client: Client, m: ModuleInstance, tell: () => void): void {
    this.#userChanges.set(client, { m, tell });
  }

  userChanged(client: Client): void {
    const watch = this.#userChanges.get(client);
    this.#userChanges.delete(client);
    watch?.tell();
  }

  /** The client has gone. */
  drop(client: Client): void {
    this.#logins.delete(client);
    this.userChanged(client);
  }

  /** The module is gone: nobody is to be told. */
  forget(m: ModuleInstance): void {
    for (const [client, watch] of this.#userChanges) {
      if (watch.m === m) this.#userChanges.delete(client);
    }
  }
}

function decide(
  m: ModuleInstance,
  login: Login,
  callback: Callback,
  context: ModuleContext,
): LoginDecision {
  const { user, password, client } = login.attempt;
  const name = m.newCallString(ModuleString.of(user), context);
  const secret = m.newCallString(ModuleString.of(password), context);
  const errorAt = m.alloc(4);
  m.memory.writeU32(errorAt, 0);
  const result = Number(callback(context.ptr, name, secret, errorAt));
  const error = takeText(m, m.memory.readU32(errorAt));
  m.allocator.free(errorAt);
  if (login.isBlocked) return { outcome: 'later' };
  if (login.refusal !== null) return { outcome: 'refused', error: login.refusal };
  if (result !== HANDLED) return { outcome: 'left' };
  if (login.hasResult && client.isAuthenticated) return { outcome: 'accepted' };
  return { outcome: 'refused', error };
}

/** The error text that a callback made; the host's to free. */
function takeText(m: ModuleInstance, handle: number): string | null {
  if (handle === 0 || !m.handles.has(handle, KIND_STRING)) return null;
  const text = m.string(handle).slice.toByteString();
  m.freeString(handle);
  return text.startsWith('-') ? text.slice(1) : `ERR ${text}`;
}
