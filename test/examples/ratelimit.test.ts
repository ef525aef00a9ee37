// The example `ratelimit`: the same cases for every build.

import { afterAll, beforeAll, describe, test } from 'vitest';
import { groups } from './cases/ratelimit.ts';
import { replayGroup } from './replay.ts';
import { BUILDS, type RunningTarget, startTarget } from './targets.ts';

describe.each(BUILDS)('ratelimit as %s', (build) => {
  let target: RunningTarget;

  beforeAll(async () => {
    target = await startTarget(build, 'ratelimit');
  }, 120_000);

  afterAll(() => target.stop());

  test.each(groups)('$shows', (group) => replayGroup(target, group));
});
