// Writes guest-c/redismodule.h: one header that a module author can use for both targets.
// For wasm each function is an import; natively it is a pointer that RedisModule_Init asks for, as
// in the header of Redis, so that the same source loads into a redis-server.

import { CALLBACKS } from '../../abi/callbacks.ts';
import { type ConstantGroup, EVENTS, GROUPS } from '../../abi/constants.ts';
import { IMPORT_MODULE } from '../../abi/exports.ts';
import { type KindRef, kindOf, type ParamSpec } from '../../abi/kinds.ts';
import { type Field, STRUCTS, type Struct } from '../../abi/structs.ts';
import type { Area } from '../../abi/table.ts';
import { HEADER_EPILOGUE, HEADER_PROLOGUE, INIT_NATIVE, INIT_WASM } from './c-parts.ts';
import { comment, joinC, wrap } from './text.ts';

/** The whole header, with the functions of these areas. */
export function cHeader(banner: string, areas: readonly Area[]): string {
  return [
    comment(banner),
    HEADER_PROLOGUE,
    ...Object.values<ConstantGroup>(GROUPS).map(constantGroup),
    SPECIAL_CONSTANTS,
    typedefs(),
    ...structs(),
    events(),
    DECLARATION_MACROS,
    ...declarations(areas),
    '#ifdef __wasm__',
    INIT_WASM,
    '#else',
    initNative(areas.flatMap((area) => Object.keys(area.functions))),
    '#endif',
    HEADER_EPILOGUE,
  ].join('\n');
}

function constantGroup(group: ConstantGroup): string {
  if (group.form === 'enum') return enumGroup(group);
  const lines = Object.entries(group.values).map(
    ([name, [value, doc]]) => `#define ${name} ${literal(group, value)} /* ${doc} */`,
  );
  return `/* ${group.title} */\n${lines.join('\n')}\n`;
}

function enumGroup(group: ConstantGroup): string {
  const lines = Object.entries(group.values).map(
    ([name, [value, doc]]) => `    ${name} = ${value}, /* ${doc} */`,
  );
  // A comma after the last enumerator is not C89 and C++98; the comment stays behind it.
  const last = lines.length - 1;
  lines[last] = (lines[last] ?? '').replace(', /*', ' /*');
  return `/* ${group.title} */\ntypedef enum {\n${lines.join('\n')}\n} ${group.type ?? ''};\n`;
}

function literal({ form, type }: ConstantGroup, value: number | string): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (form === 'pointer') return `((${type} *)(long)${value})`;
  if (value < 0) return `(${value})`;
  const shift = Math.log2(value);
  const one = form === 'flags64' ? '1ULL' : '1';
  if (form.startsWith('flags') && Number.isInteger(shift)) return `(${one} << ${shift})`;
  return form === 'flags64' ? `${value}ULL` : value > 255 ? `0x${value.toString(16)}` : `${value}`;
}

const SPECIAL_CONSTANTS = `/* Values that only C can express */
#define REDISMODULE_POSITIVE_INFINITE (1.0 / 0.0)
#define REDISMODULE_NEGATIVE_INFINITE (-1.0 / 0.0)
#define REDISMODULE_NOT_USED(V) ((void)(V))
`;

const HANDLE_NAMES = [
  'BlockedClient',
  'CallReply',
  'ClusterInfo',
  'Command',
  'CommandFilter',
  'CommandFilterCtx',
  'Ctx',
  'DefragCtx',
  'Dict',
  'DictIter',
  'Digest',
  'IO',
  'InfoCtx',
  'Key',
  'KeyOptCtx',
  'RdbStream',
  'ScanCursor',
  'ServerInfoData',
  'String',
  'Type',
  'User',
];

function typedefs(): string {
  const handles = HANDLE_NAMES.map((n) => `typedef struct RedisModule${n} RedisModule${n};`);
  return `/* Opaque objects */\n${handles.join('\n')}\n
typedef long long mstime_t;          /* milliseconds */
typedef long long ustime_t;          /* microseconds */
typedef uint64_t RedisModuleTimerID; /* names a timer */
`;
}

/** Structs and callback types; RedisModuleEvent precedes the callbacks that take it by value. */
function structs(): string[] {
  const callbacks = Object.entries(CALLBACKS).map(([name, spec]) => {
    const head = `typedef ${joinC(kindOf(spec.result).c, `(*${name})`)}(`;
    return `${comment(spec.doc)}\n${wrap(head, parameters(spec.params), ');')}\n`;
  });
  const text = Object.entries<Struct>(STRUCTS).map(([name, spec]) => structText(name, spec));
  const split = Object.keys(STRUCTS).indexOf('RedisModuleEvent') + 1;
  return [...text.slice(0, split), COMMAND_INFO_VERSION, ...callbacks, ...text.slice(split)];
}

const COMMAND_INFO_VERSION = `static const RedisModuleCommandInfoVersion
    RedisModule_CurrentCommandInfoVersion REDISMODULE_ATTR_UNUSED = {
        1, sizeof(RedisModuleCommandHistoryEntry), sizeof(RedisModuleCommandKeySpec),
        sizeof(RedisModuleCommandArg)};
#define REDISMODULE_COMMAND_INFO_VERSION (&RedisModule_CurrentCommandInfoVersion)
`;

function structText(name: string, spec: Struct): string {
  const typedef = `${name}${spec.versioned ?? ''}`;
  const lines = spec.fields.map(
    (field) => `    ${member(field)} ${field.union ? '' : `/* ${field.doc} */`}`,
  );
  const notes = spec.fields.filter((f) => f.union).map((f) => `${f.name}: ${f.doc}`);
  const macro = spec.versioned ? `#define ${name} ${typedef}\n` : '';
  return `${comment([spec.doc, ...notes].join(' '))}
typedef struct ${name} {
${lines.map((line) => line.trimEnd()).join('\n')}
} ${typedef};
${layoutAsserts(name, typedef, spec)}${macro}`;
}

function member(field: Field): string {
  if (!field.union) {
    const suffix = field.length === undefined ? '' : `[${field.length}]`;
    return `${joinC(field.c ?? '', field.name)}${suffix};`;
  }
  const variants = field.union.map((variant) => {
    const inner = variant.fields.map((f) => `            ${joinC(f.c, f.name)};`).join('\n');
    return `        struct {\n${inner}\n        } ${variant.name};`;
  });
  return `union {\n${variants.join('\n')}\n    } ${field.name};`;
}

function layoutAsserts(name: string, typedef: string, spec: Struct): string {
  const offset = (path: string, at: number) =>
    `REDISMODULE_LAYOUT(offsetof(${typedef}, ${path}) == ${at}, "${name}.${path}");`;
  const lines = spec.fields.flatMap((field) => [
    offset(field.name, field.at),
    ...(field.union ?? []).flatMap((variant) =>
      variant.fields.map((f) => offset(`${field.name}.${variant.name}.${f.name}`, f.at)),
    ),
  ]);
  return `#ifdef __wasm__
REDISMODULE_LAYOUT(sizeof(${typedef}) == ${spec.size}, "${name}");
${lines.join('\n')}
#endif
`;
}

function events(): string {
  const lines = Object.entries(EVENTS).map(
    ([name, event]) =>
      `static const RedisModuleEvent RedisModuleEvent_${name} REDISMODULE_ATTR_UNUSED = {${event.id}, ${event.dataver}};`,
  );
  return `/* Server events for RedisModule_SubscribeToServerEvent */\n${lines.join('\n')}\n`;
}

const DECLARATION_MACROS = `#ifdef __wasm__
#define REDISMODULE_IMPORT(result, name) \\
    extern __attribute__((import_module("${IMPORT_MODULE}"), import_name(#name))) result name
#else
#define REDISMODULE_IMPORT(result, name) REDISMODULE_API REDISMODULE_ATTR result(*name)
#endif
`;

function declarations(areas: readonly Area[]): string[] {
  return areas.map((area) => {
    const functions = Object.entries(area.functions).map(([name, spec]) => {
      const result = kindOf(spec.result).c.trimEnd();
      const head = `REDISMODULE_IMPORT(${result}, ${name})(`;
      return `${comment(spec.doc)}\n${wrap(head, parameters(spec.params), `)${formatAttribute(spec.params)};`)}\n`;
    });
    return `/* ---- ${area.title} ---- */\n${comment(area.doc)}\n\n${functions.join('\n')}`;
  });
}

/** C parameters: `void` for none; a long double or a variable list is one parameter in C. */
export function parameters(params: readonly ParamSpec[]): string[] {
  if (params.length === 0) return ['void'];
  return params.map(([name, kind]) => parameter(name, kind));
}

function parameter(name: string, kind: KindRef): string {
  const { c } = kindOf(kind);
  return c === '...' ? c : joinC(c, name);
}

function formatAttribute(params: readonly ParamSpec[]): string {
  const at = params.findIndex(([, kind]) => kind === 'printf');
  return at < 0 ? '' : ` REDISMODULE_ATTR_PRINTF(${at}, ${at + 1})`;
}

function initNative(functions: readonly string[]): string {
  const entries = functions
    .filter((name) => name !== 'RedisModule_GetApi')
    .map((name) => `        {"${name}", (void *)&${name}},`);
  return INIT_NATIVE.replace('@ENTRIES@', entries.join('\n'));
}
