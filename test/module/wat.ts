// WAT guests for tests: text to binary, and both ways to run one (as it is, and rewritten).

import wabtModule from 'wabt';
import {
  HOST_MEMORY,
  HOST_MEMORY_GROW,
  HOST_MODULE,
  HOST_PROBE,
  HOST_REFUEL,
} from '../../host/module/additions.ts';
import { type RewriteOptions, rewrite } from '../../host/module/rewriter.ts';

const wabt = await wabtModule();
const FEATURES = {
  exceptions: true,
  mutable_globals: true,
  sat_float_to_int: true,
  sign_extension: true,
  simd: true,
  threads: true,
  multi_value: true,
  tail_call: true,
  bulk_memory: true,
  reference_types: true,
  memory64: true,
  gc: true,
  function_references: true,
  relaxed_simd: true,
};

/** Assembles WAT. `check: false` lets invalid modules through. */
export function wat(text: string, check = true): Uint8Array {
  const module = wabt.parseWat('guest.wat', text, FEATURES);
  try {
    if (check) module.validate();
    return module.toBinary({ write_debug_names: true }).buffer.slice();
  } finally {
    module.destroy();
  }
}

/** A wasm file of the given sections: `[id, ...content bytes]`. */
export function binary(...sections: number[][]): Uint8Array {
  const parts = [Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0)];
  for (const section of sections) {
    const content = Uint8Array.from(section.slice(1));
    parts.push(Uint8Array.of(section[0] ?? 0, ...leb(content.length)), content);
  }
  return new Uint8Array(Buffer.concat(parts));
}

/** An unsigned LEB128. */
export function leb(value: number): number[] {
  const out: number[] = [];
  let rest = value >>> 0;
  for (; rest >= 0x80; rest >>>= 7) out.push((rest & 0x7f) | 0x80);
  return [...out, rest];
}

type Imports = Record<string, Record<string, unknown>>;
export type Exports = Record<string, unknown>;

export interface RunningGuest {
  readonly exports: Exports;
  readonly memory: WebAssembly.Memory;
  /** Pages of every memory.grow that reached the host. */
  readonly grown: number[];
}

export interface RunOptions extends RewriteOptions {
  readonly maxPages?: number;
  /** Units given when the guest has none left; may throw. */
  readonly refuel?: () => number;
}

/** Rewrites and instantiates, with a memory of at most `maxPages`; runs the start function. */
export function runRewritten(
  bytes: Uint8Array,
  imports: Imports = {},
  options: RunOptions = {},
): RunningGuest {
  const { bytes: rewritten, info } = rewrite(bytes, options);
  const { maxPages = 100, refuel = () => 1_000_000 } = options;
  const maximum = Math.min(maxPages, info.memory.max ?? maxPages);
  const memory = new WebAssembly.Memory({ initial: info.memory.min, maximum });
  const grown: number[] = [];
  const grow = (pages: number): number => {
    grown.push(pages >>> 0);
    try {
      return memory.grow(pages >>> 0);
    } catch {
      return -1; // what memory.grow answers
    }
  };
  const host = {
    [HOST_MEMORY]: memory,
    [HOST_MEMORY_GROW]: grow,
    [HOST_REFUEL]: refuel,
    [HOST_PROBE]: () => {},
  };
  const module = new WebAssembly.Module(rewritten);
  const instance = new WebAssembly.Instance(module, {
    ...imports,
    [HOST_MODULE]: host,
  });
  const exports = instance.exports as Exports;
  if (info.hasStart) (exports['redcell:start'] as () => void)();
  return { exports, memory, grown };
}

/** Instantiates the binary as it is. */
export function runOriginal(bytes: Uint8Array, imports: Imports = {}): Exports {
  const module = new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>);
  return new WebAssembly.Instance(module, imports).exports as Exports;
}

/** Calls an exported function. */
export function call(exports: Exports, name: string, ...args: unknown[]): unknown {
  return (exports[name] as (...values: unknown[]) => unknown)(...args);
}
