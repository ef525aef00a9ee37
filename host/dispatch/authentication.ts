// Who may log in. ACL brings its own; until then there is one user and one password.

import { createHash, timingSafeEqual } from 'node:crypto';
import type { ByteString } from '../lib/bytes.ts';
import { ServiceKey } from '../lib/services.ts';
import type { Client } from './client.ts';

export const AUTHENTICATOR = new ServiceKey<Authenticator>('authenticator');

export interface Authenticator {
  /** New connections are the default user without a password. */
  readonly isOpen: boolean;
  /** Logs the client in; false, with the client as it was, when name or password are wrong. */
  login(client: Client, user: ByteString, password: ByteString): boolean;
  hasUser(user: ByteString): boolean;
  /** Makes the client the default user again, logged in only if that needs no password. */
  reset(client: Client): void;
}

/** `requirepass` alone: only the user `default` exists. */
export class PasswordAuthenticator implements Authenticator {
  /** Empty: no password is needed. */
  password = '' as ByteString;

  get isOpen(): boolean {
    return this.password === '';
  }

  login(client: Client, user: ByteString, password: ByteString): boolean {
    if (user !== 'default') return false;
    if (!this.isOpen && !sameSecret(password, this.password)) return false;
    client.userName = 'default';
    client.isAuthenticated = true;
    return true;
  }

  hasUser(user: ByteString): boolean {
    return user === 'default';
  }

  reset(client: Client): void {
    client.userName = 'default';
    client.isAuthenticated = this.isOpen;
  }
}

/** Takes the same time wherever the first difference is. */
function sameSecret(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text, 'latin1').digest();
  return timingSafeEqual(digest(a), digest(b));
}
