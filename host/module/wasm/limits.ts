// What a guest's binary may hold. Each figure stops a file that is small to send but costs V8
// seconds, gigabytes or the process; none is near what clang or asc produce for real modules.
// Users may raise the three that large but honest modules meet; the others protect V8 itself.

/** Limits that directives set. */
export interface SizeLimits {
  /** Size of the file, or of what its text is assembled to. */
  readonly fileBytes: number;
  /** Functions with a body. */
  readonly functionCount: number;
  /** Bytes of one function body. */
  readonly functionBytes: number;
}

/** By limit: the directive that sets it. */
export const SIZE_DIRECTIVES = {
  fileBytes: 'module-max-file-bytes',
  functionCount: 'module-max-functions',
  functionBytes: 'module-max-function-bytes',
} as const satisfies Record<keyof SizeLimits, string>;

/** Their defaults, for readers without a configuration. */
export const DEFAULT_SIZES: SizeLimits = {
  fileBytes: 8 * 1024 * 1024,
  functionCount: 50_000,
  functionBytes: 1024 * 1024,
};

/** Function types. */
export const WASM_TYPE_MAX_COUNT = 10_000;
/** Parameters, and results, of one function type (V8 itself allows 1000). */
export const WASM_SIGNATURE_MAX_VALUES = 1000;
/** Parameters and results of all types together. */
export const WASM_SIGNATURE_TOTAL_MAX_VALUES = 200_000;
export const WASM_IMPORT_MAX_COUNT = 10_000;
export const WASM_EXPORT_MAX_COUNT = 10_000;
/** Bytes of an import, export or custom section name. */
export const WASM_NAME_MAX_BYTES = 4096;
/** Locals of one function, parameters not counted. */
export const WASM_LOCAL_MAX_COUNT = 50_000;
/** Locals of all functions together. */
export const WASM_LOCAL_TOTAL_MAX_COUNT = 5_000_000;
/** Blocks, loops, ifs and trys inside each other. */
export const WASM_NESTING_MAX_DEPTH = 1000;
/** Targets of one br_table (V8's own limit). */
export const WASM_BR_TABLE_MAX_TARGETS = 65_520;
/** Targets of all br_tables together. */
export const WASM_BR_TABLE_TOTAL_MAX_TARGETS = 262_144;
/**
 * Of one function: locals and operands, once for each branch (see compile-cost.ts). The largest
 * among the 133,000 functions of clang has 1.5 million, all of them (65 MB) 250 million.
 */
export const WASM_CARRIED_MAX_VALUES = 8_000_000;
/** The same of all functions: this much, and so much for each byte of the file. */
export const WASM_CARRIED_TOTAL_MAX_VALUES = 16_000_000;
export const WASM_CARRIED_VALUES_PER_BYTE = 12;
/**
 * Of one function: assignments to locals, once for each loop around them. Clang's largest has
 * 72,000, all of them together 1.4 million.
 */
export const WASM_LOOP_ASSIGNMENT_MAX_COUNT = 256_000;
/** The same of all functions: this much, and so much for each byte of the file. */
export const WASM_LOOP_ASSIGNMENT_TOTAL_MAX_COUNT = 1_000_000;
export const WASM_LOOP_ASSIGNMENTS_PER_BYTE = 1 / 8;
export const WASM_GLOBAL_MAX_COUNT = 10_000;
export const WASM_TAG_MAX_COUNT = 1000;
/** Tables, imported ones included: eight tables of 10M slots abort the process. */
export const WASM_TABLE_MAX_COUNT = 1;
/** Slots of a table at the start. */
export const WASM_TABLE_MAX_SLOTS = 65_536;
/** Element segments, and data segments. */
export const WASM_SEGMENT_MAX_COUNT = 100_000;
/** Function references in all element segments together. */
export const WASM_ELEMENT_MAX_COUNT = 1_000_000;
/** Memory pages of 64 KiB at the start: 2 GiB, so that every address is a positive i32. */
export const WASM_MEMORY_MAX_PAGES = 32_768;
/** Custom sections. */
export const WASM_CUSTOM_MAX_COUNT = 1000;
