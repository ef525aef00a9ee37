// The example `config`: what each build makes of the arguments of MODULE LOAD.

import { describe, expect, test } from 'vitest';
import { RawClient } from '../support/oracle.ts';
import { loads } from './cases/config.ts';
import { replayCases } from './replay.ts';
import { BUILDS, startTarget } from './targets.ts';

describe.each(BUILDS)('config as %s', (build) => {
  test.each(loads)(
    '$shows',
    async ({ args, logs, cases }) => {
      if (cases === null) {
        await expect(startTarget(build, 'config', args)).rejects.toMatchObject({
          log: expect.stringContaining(logs),
        });
        return;
      }
      const target = await startTarget(build, 'config', args);
      const client = await RawClient.open(target.port);
      try {
        expect(target.logLines()).toContain(logs);
        await replayCases(target, client, cases);
      } finally {
        client.close();
        await target.stop();
      }
    },
    60_000,
  );
});
