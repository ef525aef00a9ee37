// The example `counter`: the same cases for every build.

import { afterAll, beforeAll, describe, test } from 'vitest';
import { groups } from './cases/counter.ts';
import { replayGroup } from './replay.ts';
import { BUILDS, type RunningTarget, startTarget } from './targets.ts';

describe.each(BUILDS)('counter as %s', (build) => {
  let target: RunningTarget;

  beforeAll(async () => {
    target = await startTarget(build, 'counter');
  }, 120_000);

  afterAll(() => target.stop());

  test.each(groups)('$shows', (group) => replayGroup(target, group));
});
