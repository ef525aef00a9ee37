// The example `mymodule`: the same cases and scenes for every build, those of `counter` too.

import { afterAll, beforeAll, describe, test } from 'vitest';
import { groups as counterGroups } from './cases/counter.ts';
import { groups, scenes } from './cases/mymodule.ts';
import { replayGroup, replayScene } from './replay.ts';
import { BUILDS, type RunningTarget, startTarget } from './targets.ts';

const LUA = 'a script';

describe.each(BUILDS)('mymodule as %s', (build) => {
  let target: RunningTarget;

  beforeAll(async () => {
    target = await startTarget(build, 'mymodule');
  }, 120_000);

  afterAll(() => target.stop());

  test.each([...groups, ...counterGroups])('$shows', (group) => replayGroup(target, group));

  test.each(scenes)('$shows', (scene) => {
    // A scene that only a script can move on is for servers with scripting.
    if (!target.hasScripting && scene.shows.endsWith(LUA)) return;
    return replayScene(target, scene);
  });
});
