// Writes guest-as/redismodule.ts: every function as an import, every constant, every struct offset.
// No idioms: the SDK beside it is written on top of this.

import { type ConstantGroup, GROUPS } from '../../abi/constants.ts';
import { IMPORT_MODULE } from '../../abi/exports.ts';
import { kindOf } from '../../abi/kinds.ts';
import { type Field, STRUCTS, type Struct } from '../../abi/structs.ts';
import type { Area, FunctionSpec } from '../../abi/table.ts';
import { fill, wrap } from './text.ts';

/** The whole file, with the functions of these areas. */
export function assemblyScript(banner: string, areas: readonly Area[]): string {
  return [
    lineComment(banner),
    '// Pointers and handles are usize, 0 is NULL; callbacks are table indices (`fn.index`).',
    '',
    ...Object.values<ConstantGroup>(GROUPS).map(constantGroup),
    ...Object.entries<Struct>(STRUCTS).map(([name, spec]) => structOffsets(name, spec)),
    ...areas.map(areaText),
  ].join('\n');
}

function lineComment(text: string): string {
  return fill(text, 96)
    .map((line) => `// ${line}`)
    .join('\n');
}

function docComment(text: string, indent = ''): string {
  const lines = fill(text, 94 - indent.length);
  if (lines.length === 1) return `${indent}/** ${lines[0]} */`;
  return `${indent}/**\n${lines.map((line) => `${indent} * ${line}`).join('\n')}\n${indent} */`;
}

const TYPES: Readonly<Record<ConstantGroup['form'], string>> = {
  int: 'i32',
  flags: 'i32',
  flags64: 'u64',
  enum: 'i32',
  pointer: 'usize',
  string: 'string',
};

function constantGroup(group: ConstantGroup): string {
  const lines = Object.entries(group.values).map(([name, [value, doc]]) => {
    return `${docComment(doc)}\nexport const ${name}: ${TYPES[group.form]} = ${JSON.stringify(value)};`;
  });
  return `// ${group.title}\n\n${lines.join('\n')}\n`;
}

function structOffsets(name: string, spec: Struct): string {
  const lines = spec.fields.flatMap((field) => fieldOffsets(field));
  return `${docComment(`${spec.doc} Offsets in bytes.`)}
export namespace ${name} {
  export const SIZE: usize = ${spec.size};
${lines.join('\n')}
}
`;
}

function fieldOffsets(field: Field): string[] {
  const line = (path: string, at: number) => `  export const ${path}: usize = ${at};`;
  const inner = (field.union ?? []).flatMap((variant) =>
    variant.fields.map((f) => line(`${field.name}_${variant.name}_${f.name}`, f.at)),
  );
  return [docComment(field.doc, '  '), line(field.name, field.at), ...inner];
}

function areaText(area: Area): string {
  const functions = Object.entries(area.functions).map(([name, spec]) => functionText(name, spec));
  return `// ---- ${area.title} ----\n${lineComment(area.doc)}\n\n${functions.join('\n')}`;
}

function functionText(name: string, spec: FunctionSpec): string {
  const head = `export declare function ${name}(`;
  const isSret = kindOf(spec.result).host === 'longdouble';
  const args = spec.params.flatMap(([param, kind]) =>
    kindOf(kind).host === 'longdouble'
      ? [`${param}_low: u64`, `${param}_high: u64`]
      : [`${param}: ${kindOf(kind).as}`],
  );
  if (isSret) args.unshift('result: usize');
  const tail = `): ${isSret ? 'void' : kindOf(spec.result).as};`;
  const declaration = args.length === 0 ? `${head}${tail}` : wrap(head, args, tail);
  return `${docComment(spec.doc)}
// @ts-ignore: decorators on functions are AssemblyScript, not TypeScript
@external("${IMPORT_MODULE}", "${name}")
${declaration}
`;
}
