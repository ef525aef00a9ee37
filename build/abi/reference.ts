// Writes abi/REFERENCE.md for readers and abi/abi.json for programs.

import { CALLBACKS, type CallbackSpec } from '../../abi/callbacks.ts';
import { type ConstantGroup, EVENTS, GROUPS } from '../../abi/constants.ts';
import { ERRNO, EXPORTS, IMPORT_MODULE } from '../../abi/exports.ts';
import { AREAS, allFunctions } from '../../abi/index.ts';
import { type KindRef, kindOf, type ParamSpec } from '../../abi/kinds.ts';
import { type Field, STRUCTS, type Struct } from '../../abi/structs.ts';
import {
  type Area,
  type FunctionSpec,
  type Ownership,
  signatureText,
  wasmSignature,
} from '../../abi/table.ts';
import { parameters } from './c-header.ts';
import { joinC } from './text.ts';

const OWNERSHIP: Readonly<Record<Ownership, string>> = {
  own: 'The result belongs to the guest; automatic memory may free it.',
  free: 'The result is a block of the allocator: `RedisModule_Free`.',
  borrow: 'The result is valid as long as what it was taken from.',
  static: 'The result is valid as long as the module is loaded.',
  data: "The result is the guest's own pointer.",
};

/** The reference: a section per area, then callbacks, structs and constants. */
export function reference(banner: string): string {
  const areas = Object.entries<Area>(AREAS);
  const contents = areas.map(
    ([name, area]) =>
      `- [${area.title}](#${anchor(area.title)}) (\`${name}\`, ${Object.keys(area.functions).length})`,
  );
  return [
    `<!-- ${banner} -->`,
    '# Reference of the RedisModule ABI on wasm32',
    '',
    `${allFunctions().length} functions, imported from the module \`${IMPORT_MODULE}\` under their C names. Rules for guests are in [README.md](README.md).`,
    '',
    ...contents,
    '- [Callbacks](#callbacks)',
    '- [Structs](#structs)',
    '- [Constants](#constants)',
    '',
    ...areas.map(([, area]) => areaSection(area)),
    callbackSection(),
    structSection(),
    constantSection(),
  ].join('\n');
}

function anchor(title: string): string {
  return title
    .toLowerCase()
    .replace(/[^a-z0-9 -]/g, '')
    .replaceAll(' ', '-');
}

function areaSection(area: Area): string {
  const functions = Object.entries(area.functions).map(([name, spec]) => functionText(name, spec));
  return `## ${area.title}\n\n${area.doc}\n\n${functions.join('\n')}`;
}

function functionText(name: string, spec: FunctionSpec): string {
  const notes = [`Since ${spec.since}.`];
  if (spec.returns) notes.push(OWNERSHIP[spec.returns]);
  if (spec.result.endsWith('?')) notes.push('May be NULL.');
  if (spec.errno) notes.push(`errno: ${spec.errno.join(', ')}.`);
  const differs = spec.differs ? `\nRedis differs: ${spec.differs}\n` : '';
  return `### ${name}

\`\`\`c
${prototype(name, spec.params, spec.result)}
\`\`\`

${spec.doc}
${differs}
${notes.join(' ')} wasm: \`${signatureText(wasmSignature(spec.params, spec.result))}\`
`;
}

function prototype(name: string, params: readonly ParamSpec[], result: KindRef): string {
  return `${joinC(kindOf(result).c, name)}(${parameters(params).join(', ')});`;
}

function callbackSection(): string {
  const rows = Object.entries<CallbackSpec>(CALLBACKS).map(
    ([name, spec]) =>
      `### ${name}\n\n\`\`\`c\n${prototype(name, spec.params, spec.result)}\n\`\`\`\n\n${spec.doc} wasm: \`${signatureText(wasmSignature(spec.params, spec.result))}\`\n`,
  );
  return `## Callbacks\n\nThe guest passes the index of a function of its table.\n\n${rows.join('\n')}`;
}

function structSection(): string {
  const sections = Object.entries<Struct>(STRUCTS).map(([name, spec]) => {
    const rows = spec.fields.flatMap((field) => [
      `- ${field.at}: \`${field.name}\`, ${fieldType(field)}. ${field.doc}`,
      ...(field.union ?? []).flatMap((variant) =>
        variant.fields.map((f) => `  - ${f.at}: \`${variant.name}.${f.name}\`, \`${f.c}\``),
      ),
    ]);
    return `### ${name}\n\n${spec.doc} ${spec.size} bytes.\n\n${rows.join('\n')}\n`;
  });
  return `## Structs\n\nLittle endian; pointers, \`size_t\`, \`long\` and callbacks are 4 bytes.\n\n${sections.join('\n')}`;
}

function fieldType(field: Field): string {
  if (field.union) return 'a union';
  return `\`${field.c}${field.length === undefined ? '' : `[${field.length}]`}\``;
}

function constantSection(): string {
  const sections = Object.values<ConstantGroup>(GROUPS).map((group) => {
    const rows = Object.entries(group.values).map(
      ([name, [value, doc]]) => `- \`${name}\` = \`${JSON.stringify(value)}\`: ${doc}`,
    );
    return `### ${group.title}\n\n${rows.join('\n')}\n`;
  });
  return `## Constants\n\n${sections.join('\n')}`;
}

/** The contract as JSON: for code generators of other languages. */
export function abiJson(banner: string): string {
  const functions = allFunctions().map(({ name, area, spec }) => ({
    name,
    area,
    ...described(spec),
    returns: spec.returns ?? null,
    since: spec.since,
    errno: spec.errno ?? [],
    differs: spec.differs ?? null,
  }));
  const callbacks = Object.entries<CallbackSpec>(CALLBACKS).map(([name, spec]) => ({
    name,
    ...described(spec),
  }));
  const constants = Object.entries<ConstantGroup>(GROUPS).map(([name, group]) => ({
    name,
    title: group.title,
    type: group.type ?? null,
    values: Object.entries(group.values).map(([key, [value, doc]]) => ({ name: key, value, doc })),
  }));
  return jsonText({
    note: banner,
    importModule: IMPORT_MODULE,
    areas: Object.entries<Area>(AREAS).map(([name, { title, doc }]) => ({ name, title, doc })),
    functions,
    callbacks,
    structs: STRUCTS,
    constants,
    events: EVENTS,
    exports: EXPORTS,
    errno: ERRNO,
  });
}

/** JSON with one line for each entry of the top-level lists, so that changes are easy to see. */
function jsonText(root: Readonly<Record<string, unknown>>): string {
  const lines = Object.entries(root).map(([key, value]) => `  "${key}": ${listText(value)}`);
  return `{\n${lines.join(',\n')}\n}\n`;
}

function listText(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) {
    return `[\n${value.map((item) => `    ${JSON.stringify(item)}`).join(',\n')}\n  ]`;
  }
  const lines = Object.entries(value).map(([key, item]) => `    "${key}": ${JSON.stringify(item)}`);
  return `{\n${lines.join(',\n')}\n  }`;
}

function described(spec: Pick<FunctionSpec, 'doc' | 'params' | 'result'>) {
  return {
    doc: spec.doc,
    params: spec.params.map(([name, kind]) => ({ name, kind, c: kindOf(kind).c })),
    result: { kind: spec.result, c: kindOf(spec.result).c },
    wasm: wasmSignature(spec.params, spec.result),
  };
}
