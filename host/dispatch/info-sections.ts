// The sections of INFO. Each feature adds its fields here, so that INFO need not know it; fields
// of a later contribution take the place of earlier ones with the same name.

import { ServiceKey } from '../lib/services.ts';

export const INFO_SECTIONS = new ServiceKey<InfoSections>('info-sections');

/** Name, title and the smallest group it belongs to, in the order INFO prints them. */
const SECTIONS = [
  ['server', 'Server', 'default'],
  ['clients', 'Clients', 'default'],
  ['memory', 'Memory', 'default'],
  ['persistence', 'Persistence', 'default'],
  ['stats', 'Stats', 'default'],
  ['replication', 'Replication', 'default'],
  ['cpu', 'CPU', 'default'],
  ['modules', 'Modules', 'default'],
  ['commandstats', 'Commandstats', 'all'],
  ['errorstats', 'Errorstats', 'default'],
  ['latencystats', 'Latencystats', 'all'],
  ['cluster', 'Cluster', 'default'],
  ['keyspace', 'Keyspace', 'default'],
] as const;

/** What can be asked for without meaning a module. */
const NAMES: ReadonlySet<string> = new Set([
  ...SECTIONS.map(([name]) => name),
  ...['default', 'all', 'everything'],
]);

export type InfoSectionName = (typeof SECTIONS)[number][0];

export type InfoField = readonly [name: string, value: string | number];

/** Tells the present fields, in the order they are printed. */
export type InfoContribution = () => Iterable<InfoField>;

/** A section that a module prints of itself. */
export interface ModuleSection {
  readonly title: string;
  readonly fields: readonly InfoField[];
}

/**
 * Collects the sections of modules.
 *
 * @param isWanted by lower-case section name or module name; modules are not asked in vain.
 */
export type ModuleSections = (isWanted: (name: string) => boolean) => Iterable<ModuleSection>;

export class InfoSections {
  readonly #contributions = new Map<InfoSectionName, InfoContribution[]>();
  /** Set by the module host. */
  moduleSections: ModuleSections = () => [];

  /** Adds fields behind those that are there, or in the place of those with the same names. */
  contribute(section: InfoSectionName, contribution: InfoContribution): void {
    const known = this.#contributions.get(section);
    if (known === undefined) this.#contributions.set(section, [contribution]);
    else known.push(contribution);
  }

  /** The fields of one section. */
  fields(section: InfoSectionName): InfoField[] {
    let fields: InfoField[] = [];
    for (const contribution of this.#contributions.get(section) ?? []) {
      const added = [...contribution()];
      fields = fields.length === 0 ? added : merge(fields, added);
    }
    return fields;
  }

  /**
   * The text of INFO.
   *
   * @param words section names, `default`, `all` and `everything` in any case; none: default.
   */
  text(words: readonly string[]): string {
    const wanted = new Set(words.map((word) => word.toLowerCase()));
    if (wanted.size === 0) wanted.add('default');
    const isAll = wanted.has('all') || wanted.has('everything');
    const blocks: string[] = [];
    for (const [name, title, group] of SECTIONS) {
      if (!isAll && !wanted.has(name) && !(group === 'default' && wanted.has('default'))) continue;
      blocks.push(block(title, this.fields(name)));
    }
    const showsAllModules = wanted.has('everything') || wanted.has('modules');
    if (!showsAllModules && [...wanted].every((name) => NAMES.has(name))) {
      return blocks.join('\r\n'); // nothing of a module was asked for
    }
    const isWanted = (name: string): boolean => showsAllModules || wanted.has(name);
    for (const { title, fields } of this.moduleSections(isWanted))
      blocks.push(block(title, fields));
    return blocks.join('\r\n');
  }
}

function block(title: string, fields: readonly InfoField[]): string {
  return `# ${title}\r\n${fields.map(([name, value]) => `${name}:${value}\r\n`).join('')}`;
}

function merge(fields: readonly InfoField[], added: readonly InfoField[]): InfoField[] {
  const old = new Set(fields.map(([name]) => name));
  const changed = new Map(added.filter(([name]) => old.has(name)));
  const kept = fields.map(([name, value]): InfoField => [name, changed.get(name) ?? value]);
  return [...kept, ...added.filter(([name]) => !old.has(name))];
}
