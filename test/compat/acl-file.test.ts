// ACL LOAD side by side with redis-server 7.0.15; users are given sanitize-payload, which they all
// have since 7.2.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TestInstance } from '../support/instance.ts';
import { hasOracle, Oracle, type RawClient } from '../support/oracle.ts';

describe.skipIf(!hasOracle)('ACL files', () => {
  const folder = mkdtempSync(join(tmpdir(), 'redcell-acl-'));
  const path = join(folder, 'users.acl');
  let oracle: Oracle;
  let theirs: RawClient;
  beforeAll(async () => {
    writeFileSync(path, '');
    oracle = await Oracle.start('--aclfile', path);
    theirs = await oracle.client();
  });
  afterAll(async () => {
    await oracle?.stop();
    rmSync(folder, { recursive: true });
  });

  test.each([
    'user u on sanitize-payload +get ~a',
    'user u on +nosuch ~x ~* ~y\nfoo\nuser u\nuser b (~x\nuser "c d" on\nuser c zz yy',
    '\n\n  user u off sanitize-payload\t\r\n',
    'user\tu on',
    'user a\tb on',
    'user',
    // Redis differs: a selector before the open one crashes it.
    'user u (~y\nuser u on',
    'user u >p <q #xyz\n+@all',
    'user default off sanitize-payload nopass +@all ~* &*\nuser default on',
    'user u on sanitize-payload -@all (~a -@all +get) (~b &c -@all +set)\nuser default on nopass sanitize-payload ~* &* +@all',
    '# a comment',
  ])('%j', async (text) => {
    writeFileSync(path, '');
    await theirs.call('ACL', 'LOAD');
    writeFileSync(path, text);
    const ours = new TestInstance({ aclfile: path });
    for (const command of ['LOAD', 'USERS', 'LOAD', 'SAVE']) {
      const reply = ours.raw('ACL', command);
      if (command !== 'SAVE') expect(reply).toBe(await theirs.call('ACL', command));
    }
  });
});
