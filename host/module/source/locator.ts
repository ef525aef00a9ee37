// From a place in a module's code to what its author wrote: function, file and line. C has its
// line table in the binary; AssemblyScript's source map lies beside it.

import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { SourceMap, type SourceMapPayload, type SourceMapping } from 'node:module';
import type { RewriteInfo } from '../rewriter.ts';
import { LineTable, type SourceLine } from './dwarf-lines.ts';
import type { WasmFrame } from './stack.ts';

export interface Place {
  /** From the name section; '' when it is not known. */
  readonly functionName: string;
  /** Null without debug information. */
  readonly source: SourceLine | null;
}

const SOURCE_MAP_MAX_BYTES = 16 * 1024 * 1024;
const NO_BYTES = new Uint8Array();

/** Finds places of one module; everything is read when the first is asked for. */
export class SourceLocator {
  readonly #info: RewriteInfo;
  readonly #path: string;
  #find: ((originalOffset: number) => SourceLine | null) | null = null;

  /** @param path of the module's file: the source map is `<path>.map` */
  constructor(info: RewriteInfo, path: string) {
    this.#info = info;
    this.#path = path;
  }

  locate(frame: WasmFrame): Place {
    this.#find ??= this.#finder();
    const functionName = this.#info.functionName(frame.functionIndex) ?? '';
    const offset = this.#info.mapOffset(frame.offset);
    return { functionName, source: offset < 0 ? null : this.#find(offset) };
  }

  #finder(): (originalOffset: number) => SourceLine | null {
    const lines = this.#info.customSection('.debug_line');
    if (lines !== null) {
      const table = new LineTable({
        lines,
        lineStrings: this.#info.customSection('.debug_line_str') ?? NO_BYTES,
        strings: this.#info.customSection('.debug_str') ?? NO_BYTES,
      });
      return (offset) => table.find(offset - this.#info.codeStart);
    }
    const map = readSourceMap(`${this.#path}.map`);
    return map === null ? () => null : (offset) => lineIn(map, offset);
  }
}

/** In source maps of wasm the offset is the column of line 1. */
function lineIn(map: SourceMap, offset: number): SourceLine | null {
  // Columns without a source have entries too, and before the first there is none.
  const { originalSource, originalLine } = map.findEntry(0, offset) as Partial<SourceMapping>;
  if (originalSource === undefined || originalLine === undefined) return null;
  return {
    file: originalSource.slice(originalSource.lastIndexOf('/') + 1),
    line: originalLine + 1,
  };
}

/** Null when there is none, or nothing that could be used. */
function readSourceMap(path: string): SourceMap | null {
  try {
    const fd = openSync(path, 'r');
    try {
      const stats = fstatSync(fd);
      if (!stats.isFile() || stats.size > SOURCE_MAP_MAX_BYTES) return null;
      const payload: unknown = JSON.parse(readFileSync(fd, 'utf8'));
      return isSourceMap(payload) ? new SourceMap(payload) : null;
    } finally {
      closeSync(fd);
    }
  } catch {
    return null; // it is a help for people: nothing depends on it
  }
}

function isSourceMap(payload: unknown): payload is SourceMapPayload {
  if (typeof payload !== 'object' || payload === null) return false;
  const { version, mappings, sources } = payload as Partial<SourceMapPayload>;
  return version === 3 && typeof mappings === 'string' && Array.isArray(sources);
}
