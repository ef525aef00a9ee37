// Imports point one way: down the layers of ARCHITECTURE's drawing, never around in a circle.

import type { Finding, Import, SourceFile } from './source.ts';

/** From the bottom up. What stands on one line does not know each other. */
export const LAYERS: readonly (readonly string[])[] = [
  ['abi', 'host/lib'],
  ['host/resp', 'host/values'],
  ['host/rdb', 'host/acl', 'host/config'],
  ['host/keyspace'],
  ['host/dispatch'],
  [
    'host/commands',
    'host/pubsub',
    'host/scripting',
    'host/persistence',
    'host/replication',
    'host/module',
  ],
  ['host/net', 'host/commands/all.ts'],
  ['host/client-services.ts'],
  ['host/instance.ts'],
  ['host/connection-host.ts'],
  ['host/server.ts'],
  ['host/process'],
  ['host/main.ts', 'host/launcher.ts'],
];

export interface LayerException {
  readonly from: string;
  readonly to: string;
  readonly reason: string;
}

export const LAYER_EXCEPTIONS: readonly LayerException[] = [
  {
    from: 'host/replication',
    to: 'host/persistence',
    reason: 'a full synchronization sends the snapshot that persistence makes',
  },
];

/** Imports that do not point down. */
export function findLayerBreaks(
  files: readonly SourceFile[],
  exceptions: readonly LayerException[] = LAYER_EXCEPTIONS,
): Finding[] {
  return files.flatMap((file) =>
    file.imports.flatMap((imported) => {
      const message = breakOf(file.path, imported, exceptions);
      return message === null ? [] : [{ path: file.path, line: imported.line, message }];
    }),
  );
}

function breakOf(
  path: string,
  { target }: Import,
  exceptions: readonly LayerException[],
): string | null {
  const from = layerOf(path);
  if (target === null || from === null) return unlayered(path);
  const to = layerOf(target);
  if (to === null) return `${path.split('/')[0]}/ does not import ${target}`;
  if (to.name === from.name || to.rank < from.rank) return null;
  if (exceptions.some((e) => e.from === from.name && e.to === to.name)) return null;
  const relation = to.rank === from.rank ? 'its sibling' : 'the layer above it,';
  return `${from.name} imports ${relation} ${to.name}`;
}

/** A part of the host that the drawing does not have. */
function unlayered(path: string): string | null {
  const isLayered = !path.startsWith('host/') || layerOf(path) !== null;
  return isLayered ? null : `${path} belongs to no layer`;
}

function layerOf(path: string): { name: string; rank: number } | null {
  let found: { name: string; rank: number } | null = null;
  for (const [rank, names] of LAYERS.entries()) {
    for (const name of names) {
      const isInside = path === name || path.startsWith(`${name}/`);
      // The longest name wins: a file may stand higher than its folder.
      if (isInside && name.length > (found?.name.length ?? 0)) found = { name, rank };
    }
  }
  return found;
}

/** Circles of imports that exist at run time, each told once, where it is entered. */
export function findCycles(files: readonly SourceFile[]): Finding[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const done = new Set<string>();
  const trail: string[] = [];
  const findings: Finding[] = [];
  const visit = (file: SourceFile): void => {
    trail.push(file.path);
    for (const { target, isType, line } of file.imports) {
      if (isType || target === null || done.has(target)) continue;
      const start = trail.indexOf(target);
      const next = byPath.get(target);
      if (start >= 0) {
        const circle = [...trail.slice(start), target].join(' → ');
        findings.push({ path: file.path, line, message: `imports in a circle: ${circle}` });
      } else if (next !== undefined) visit(next);
    }
    trail.pop();
    done.add(file.path);
  };
  for (const file of files) if (!done.has(file.path)) visit(file);
  return findings;
}

/** Packages the host imports that would not be installed with it. */
export function findForeignPackages(
  files: readonly SourceFile[],
  dependencies: readonly string[],
): Finding[] {
  return files
    .filter(({ path }) => path.startsWith('host/') || path.startsWith('abi/'))
    .flatMap(({ path, imports }) =>
      imports.flatMap(({ specifier, target, line, isType }) => {
        if (target !== null || isType || specifier.startsWith('node:')) return [];
        if (dependencies.some((name) => specifier === name || specifier.startsWith(`${name}/`))) {
          return [];
        }
        return [{ path, line, message: `${specifier} is no dependency in package.json` }];
      }),
    );
}
