// AUTH and HELLO AUTH: modules that asked for it decide first, the user's passwords last.

import type { ByteString } from '../lib/bytes.ts';
import { ServiceKey } from '../lib/services.ts';
import type { AccessControl } from './access-control.ts';
import type { Client } from './client.ts';
import type { Context } from './context.ts';
import { CommandError, WRONG_PASSWORD } from './errors.ts';

export const AUTHENTICATOR = new ServiceKey<Authenticator>('authenticator');

/** A login under way. */
export interface LoginAttempt {
  readonly client: Client;
  readonly user: ByteString;
  readonly password: ByteString;
  /** The command that asks for it. */
  readonly context: Context;
}

/** What somebody who may decide about a login did. `later`: it will call `decided`. */
export type LoginDecision =
  | { readonly outcome: 'accepted' | 'left' | 'later' }
  | { readonly outcome: 'refused'; readonly error: string | null };

/** Decides about logins before passwords do. */
export type LoginHandler = (
  attempt: LoginAttempt,
  decided: (decision: LoginDecision) => void,
) => LoginDecision;

/** Told how a login ended: null, or the error. */
export type LoginEnd = (error: CommandError | null) => void;

const PASSWORDS: LoginDecision = { outcome: 'left' };

export class Authenticator {
  readonly #access: AccessControl;
  /** The one registered last is asked first. */
  readonly #handlers: LoginHandler[] = [];
  /** Told when a client changes its user, is reset or goes away. */
  readonly userChanges: ((client: Client) => void)[] = [];

  constructor(access: AccessControl) {
    this.#access = access;
  }

  addHandler(handler: LoginHandler): void {
    this.#handlers.unshift(handler);
  }

  removeHandler(handler: LoginHandler): void {
    const index = this.#handlers.indexOf(handler);
    if (index >= 0) this.#handlers.splice(index, 1);
  }

  /** Logs a client in; `end` is called before this returns, unless a handler takes its time. */
  login(attempt: LoginAttempt, end: LoginEnd): void {
    // Where it runs now: the context is another command's when a handler decides later.
    const { client, context } = attempt;
    const origin = context.isInTransaction ? 'multi' : 'toplevel';
    const object = context.arg(0).toByteString();
    const refused = { reason: 'auth', origin, object, userName: attempt.user } as const;
    this.#ask(attempt, [...this.#handlers], (decision) => {
      if (decision.outcome === 'refused') {
        end(decision.error === null ? WRONG_PASSWORD : new CommandError(decision.error));
      } else if (decision.outcome === 'accepted' || this.#checkPassword(attempt)) {
        end(null);
      } else {
        this.#access.noteRefusal(client, refused);
        end(WRONG_PASSWORD);
      }
    });
  }

  #ask(
    attempt: LoginAttempt,
    handlers: readonly LoginHandler[],
    end: (decision: LoginDecision) => void,
  ): void {
    const [handler, ...rest] = handlers;
    if (handler === undefined) {
      end(PASSWORDS);
      return;
    }
    const decided = (decision: LoginDecision): void => {
      if (decision.outcome === 'left') this.#ask(attempt, rest, end);
      else if (decision.outcome !== 'later') end(decision);
    };
    decided(handler(attempt, decided));
  }

  #checkPassword({ client, user: name, password }: LoginAttempt): boolean {
    const user = this.#access.users.get(name);
    if (user === null || !user.accepts(password)) return false;
    client.user = user;
    client.isAuthenticated = true;
    this.userChanged(client);
    return true;
  }

  userChanged(client: Client): void {
    for (const listener of this.userChanges) listener(client);
  }

  /** Makes the client the default user again, logged in only if that needs no password. */
  reset(client: Client): void {
    this.#access.makeDefault(client);
    this.userChanged(client);
  }
}
