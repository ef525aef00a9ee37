// What modules show in INFO: the lines of the section Modules, and sections of their own.

import { CONSTANTS } from '../../abi/constants.ts';
import type { InfoField, InfoSections, ModuleSection } from '../dispatch/info-sections.ts';
import type { ModuleHost } from './host.ts';
import type { ModuleInstance } from './instance.ts';
import { KIND_INFO_CTX } from './kinds.ts';

const OPTION_NAMES = [
  [CONSTANTS.REDISMODULE_OPTIONS_HANDLE_IO_ERRORS, 'handle-io-errors'],
  [CONSTANTS.REDISMODULE_OPTIONS_HANDLE_REPL_ASYNC_LOAD, 'handle-repl-async-load'],
  [CONSTANTS.REDISMODULE_OPTION_NO_IMPLICIT_SIGNAL_MODIFIED, 'no-implicit-signal-modified'],
] as const;

type IsWanted = (name: string) => boolean;

/** Lets the modules of `host` contribute to INFO. */
export function contributeModules(sections: InfoSections, host: ModuleHost): void {
  sections.contribute('modules', () => moduleLines(host));
  sections.moduleSections = (isWanted) => [...ownSections(host, isWanted)];
}

function* moduleLines(host: ModuleHost): Generator<InfoField> {
  for (const { instance } of host.modules.values()) {
    const options = OPTION_NAMES.filter(([bit]) => (instance.options & bit) !== 0)
      .map(([, name]) => name)
      .join('|');
    yield [
      'module',
      `name=${instance.name},ver=${instance.version},api=1,filters=0,usedby=[],using=[],` +
        `options=[${options}]`,
    ];
    const { allocator, handles, quota, traps } = instance;
    yield [
      `wasm_${instance.name}`,
      `mem=${instance.memoryBytes},objects=${quota.objectBytes},max=${instance.memoryMaxBytes},` +
        `live=${allocator.liveBytes},peak=${allocator.peakBytes},` +
        `allocs=${allocator.allocations},frees=${allocator.frees},` +
        `handles=${handles.liveCount},traps=${traps},` +
        `state=${host.quarantineRefusal(instance) === null ? 'ok' : 'quarantined'}`,
    ];
  }
}

function* ownSections(host: ModuleHost, isWanted: IsWanted): Generator<ModuleSection> {
  for (const { instance } of [...host.modules.values()]) {
    const { info } = instance.registry;
    if (info === null) continue;
    const writer = new InfoWriter(instance, isWanted);
    instance.enter(
      { purpose: 'info', client: null, db: null },
      null,
      () => info(instance.handles.create(KIND_INFO_CTX, writer), 0),
      (trap) => host.noteTrap(instance, 'its INFO callback', trap),
    );
    yield* writer.end();
  }
}

/** RedisModuleInfoCtx: sections of one module while its callback adds to them. */
export class InfoWriter {
  readonly #module: ModuleInstance;
  readonly #isWanted: IsWanted;
  readonly #sections: { title: string; fields: InfoField[] }[] = [];
  #fields: InfoField[] | null = null;
  /** The list of name=value pairs that fields go to at present. */
  #dict: { name: string; pairs: string[] } | null = null;

  constructor(module: ModuleInstance, isWanted: IsWanted) {
    this.#module = module;
    this.#isWanted = isWanted;
  }

  /** False when nobody asked for it. */
  beginSection(name: string): boolean {
    this.endDict();
    const { name: prefix } = this.#module;
    const title = name === '' ? prefix : `${prefix}_${name}`;
    const isWanted = this.#isWanted(title.toLowerCase()) || this.#isWanted(prefix.toLowerCase());
    this.#fields = isWanted ? [] : null;
    if (this.#fields !== null) this.#sections.push({ title, fields: this.#fields });
    return isWanted;
  }

  beginDict(name: string): boolean {
    this.endDict();
    if (this.#fields === null) return false;
    this.#dict = { name, pairs: [] };
    return true;
  }

  endDict(): boolean {
    const dict = this.#dict;
    if (dict === null) return false;
    this.#dict = null;
    this.#fields?.push([this.#prefixed(dict.name), dict.pairs.join(',')]);
    return true;
  }

  addField(name: string, value: string): boolean {
    if (this.#fields === null) return false;
    if (this.#dict === null) this.#fields.push([this.#prefixed(name), value]);
    else this.#dict.pairs.push(`${name}=${value}`);
    return true;
  }

  #prefixed(name: string): string {
    return `${this.#module.name}_${name}`;
  }

  /** What was added; a list that was begun ends. */
  end(): readonly ModuleSection[] {
    this.endDict();
    return this.#sections;
  }
}
