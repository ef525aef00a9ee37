// The table of all directives: facts only, the same for every instance of the process.

import type { Option, OptionKind, Setting } from './option.ts';
import { networkOptions } from './options-network.ts';
import { serverOptions } from './options-server.ts';
import { storageOptions } from './options-storage.ts';

export const options = { ...networkOptions, ...storageOptions, ...serverOptions } as const;

type Table = typeof options;
/** A directive's own name; aliases are for clients and files only. */
export type OptionName = keyof Table;
type NameOfKind<K extends OptionKind> = {
  [N in OptionName]: Table[N]['kind'] extends K ? N : never;
}[OptionName];
export type BoolName = NameOfKind<'bool'>;
export type NumberName = NameOfKind<'int' | 'memory' | 'percent-or-memory' | 'octal'>;
export type StringName = NameOfKind<'string' | 'enum'>;
export type ListName = NameOfKind<'list' | 'enum-set'>;
/** The type of an option's value: of an enum, the union of its words. */
export type ValueOf<N extends OptionName> =
  Table[N] extends Option<OptionKind, infer V> ? V : never;

/** An option under its name, with the default in force before anything is set. */
export interface NamedOption {
  readonly name: string;
  readonly option: Option;
  readonly initial: Setting;
}

const NO_SETTING: Setting = { value: null, text: '' };

/** Reads the default of `option`. Throws when its own parser refuses it: a bug in a table. */
export function named(name: string, option: Option): NamedOption {
  // Each Config is told its own directory; the table's must not depend on the process.
  const context = { previous: NO_SETTING, isAppending: false, directory: '/' };
  const initial = option.parse(option.initial, context);
  if (typeof initial === 'string') throw new Error(`default of option ${name}: ${initial}`);
  return { name, option, initial };
}

/** By name, in the order of the table. */
export const optionTable: ReadonlyMap<string, NamedOption> = new Map(
  Object.entries(options).map(([name, option]) => [name, named(name, option as Option)]),
);

/** From each alias to the name it stands for. */
export const aliasTable: ReadonlyMap<string, string> = new Map(
  Object.entries(options).flatMap(([name, option]) =>
    ((option as Option).aliases ?? []).map((alias): [string, string] => [alias, name]),
  ),
);
