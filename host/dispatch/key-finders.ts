// `getKeys` of the commands whose key specs are not the whole truth: the access depends on an
// option (SET, BITFIELD) or the place of a key does (SORT, MIGRATE).

import type { Argv } from '../lib/argv.ts';
import { KEY_ACCESS, type KeyRef, keyAccess } from './key-specs.ts';

const READ = keyAccess('RO access');
const OVERWRITE = keyAccess('OW update');
const SWAP = keyAccess('RW access update');

/** SET reads the old value only with GET. */
export function setKeys(argv: Argv): KeyRef[] {
  for (let i = 3; i < argv.length; i++) {
    if (argv.at(i).is('get')) return [{ position: 1, access: SWAP }];
  }
  return [{ position: 1, access: OVERWRITE }];
}

/** BITFIELD is a reader unless it has SET or INCRBY; a word it does not know may be a write. */
export function bitfieldKeys(argv: Argv): KeyRef[] {
  let isReadOnly = true;
  for (let i = 2; i < argv.length; i++) {
    const left = argv.length - i - 1;
    const word = argv.at(i);
    if (word.is('get') && left >= 2) {
      i += 2;
    } else if ((word.is('set') || word.is('incrby')) && left >= 3) {
      isReadOnly = false;
      i += 3;
    } else if (word.is('overflow') && left >= 1) {
      i += 1;
    } else {
      isReadOnly = false;
      break;
    }
  }
  return [{ position: 1, access: isReadOnly ? READ : SWAP }];
}

/** SORT stores at the last STORE; keys behind BY and GET patterns are unknown until it runs. */
export function sortKeys(argv: Argv): KeyRef[] {
  const keys: KeyRef[] = [{ position: 1, access: READ }];
  let store = 0;
  for (let i = 2; i < argv.length; i++) {
    const word = argv.at(i);
    if (word.is('limit')) i += 2;
    else if (word.is('get') || word.is('by')) i += 1;
    else if (word.is('store') && i + 1 < argv.length) store = i + 1;
  }
  if (store !== 0) keys.push({ position: store, access: OVERWRITE });
  return keys;
}

/** SORT_RO reads its first argument and what its patterns lead to. */
export function sortReadOnlyKeys(_argv: Argv): KeyRef[] {
  return [{ position: 1, access: READ }];
}

const MOVED = KEY_ACCESS.RW | KEY_ACCESS.access | KEY_ACCESS.delete;

/** MIGRATE has its key third, or many after KEYS when the third is the empty string. */
export function migrateKeys(argv: Argv): KeyRef[] {
  if (argv.length > 3 && argv.at(3).length > 0) return [{ position: 3, access: MOVED }];
  for (let i = 6; i < argv.length; i++) {
    const word = argv.at(i);
    if (word.is('keys') && argv.at(3).length === 0) return rest(argv, i + 1);
    if (word.is('auth')) i += 1;
    else if (word.is('auth2')) i += 2;
  }
  return [{ position: 3, access: MOVED }];
}

function rest(argv: Argv, first: number): KeyRef[] {
  const keys: KeyRef[] = [];
  for (let i = first; i < argv.length; i++) keys.push({ position: i, access: MOVED });
  return keys;
}
