// What may be used only in certain places: the doors to time, chance, the process and memory.

import ts from 'typescript';
import { type Finding, lineOf, type SourceFile, walk } from './source.ts';

interface UsageRule {
  /** Of an expression such as `process.exit`, without spaces. */
  readonly pattern: RegExp;
  /** Files and folders it is for; `host` and `abi` for most. */
  readonly within: readonly string[];
  readonly allowedIn: readonly Place[];
  readonly message: string;
}

interface Place {
  /** A file, or a folder and all below it. */
  readonly path: string;
  readonly reason: string;
}

const CLOCK_AND_CHANCE: readonly Place[] = [
  { path: 'host/lib', reason: 'Clock and Random are made here, so that tests can replace them' },
];
const ENTRIES: readonly Place[] = [
  { path: 'host/main.ts', reason: 'decides exit codes' },
  { path: 'host/launcher.ts', reason: 'passes on the exit code of its child' },
];

export const USAGE_RULES: readonly UsageRule[] = [
  {
    pattern: /memory\.buffer$/i,
    within: ['host'],
    allowedIn: [
      { path: 'host/module/memory.ts', reason: 'the one door to guest bytes' },
      { path: 'host/module/instance.ts', reason: 'reads its length before it grows it' },
    ],
    message: 'guest memory goes through GuestMemory: a view detaches when memory grows',
  },
  {
    pattern: /^process\.(?:exit|abort)$/,
    within: ['host', 'abi'],
    allowedIn: ENTRIES,
    message: 'only main.ts and launcher.ts end the process',
  },
  {
    pattern: /^process\.exitCode$/,
    within: ['host', 'abi'],
    allowedIn: ENTRIES,
    message: 'only main.ts and launcher.ts decide the exit code',
  },
  {
    pattern: /^console\.\w+$/,
    within: ['host', 'abi'],
    allowedIn: [{ path: 'host/lib/log.ts', reason: 'the log' }],
    message: 'messages go through the log',
  },
  {
    pattern: /^(?:Date|performance)\.now$/,
    within: ['host', 'abi'],
    allowedIn: CLOCK_AND_CHANCE,
    message: 'time comes from the Clock of the instance',
  },
  {
    pattern: /^newDate\(\)$/,
    within: ['host', 'abi'],
    allowedIn: CLOCK_AND_CHANCE,
    message: 'time comes from the Clock of the instance',
  },
  {
    pattern: /^Math\.random$/,
    within: ['host', 'abi'],
    allowedIn: CLOCK_AND_CHANCE,
    message: 'chance comes from the Random of the instance',
  },
];

/** Uses outside the places where they are allowed. */
export function findForbiddenUses(
  files: readonly SourceFile[],
  rules: readonly UsageRule[] = USAGE_RULES,
): Finding[] {
  return files.flatMap((file) => {
    const { path, tree } = file;
    const here = rules.filter(
      (rule) =>
        rule.within.some((p) => isAt(path, p)) && !rule.allowedIn.some((p) => isAt(path, p.path)),
    );
    if (here.length === 0) return [];
    const findings: Finding[] = [];
    walk(tree, (node) => {
      const isWanted = ts.isPropertyAccessExpression(node) || ts.isNewExpression(node);
      if (!isWanted) return;
      const text = node.getText(tree).replace(/\s|[!?#]/g, '');
      for (const { pattern, message } of here) {
        if (pattern.test(text)) findings.push({ path, line: lineOf(tree, node), message });
      }
    });
    return findings;
  });
}

function isAt(path: string, place: string): boolean {
  return path === place || path.startsWith(`${place}/`);
}
