// Every area file, active or not, read from the directory: a forgotten one cannot hide.

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Area, FunctionSpec } from '../../abi/table.ts';

const FOLDER = fileURLToPath(new URL('../../abi/areas', import.meta.url));

export interface AreaFile {
  readonly name: string;
  readonly area: Area;
}

/** The areas by file name. */
export async function areaFiles(): Promise<AreaFile[]> {
  const names = readdirSync(FOLDER).map((file) => file.replace(/\.ts$/, ''));
  return Promise.all(
    names.map(async (name) => {
      const module: Record<string, Area> = await import(join(FOLDER, `${name}.ts`));
      const [area, ...others] = Object.values(module);
      if (!area || others.length > 0) throw new Error(`${name}.ts must export one area`);
      return { name, area };
    }),
  );
}

/** All functions of all areas, as [name, spec]. */
export async function areaFunctions(): Promise<[string, FunctionSpec][]> {
  return (await areaFiles()).flatMap(({ area }) => Object.entries<FunctionSpec>(area.functions));
}
