// The `name` custom section: function names for logs and profiles, and its renumbering when
// the rewriter adds imported functions. The section is advice: a malformed one is dropped.

import { WasmReader } from './reader.ts';
import { WasmWriter } from './writer.ts';

/** Subsections whose entries are keyed by function index: functions, locals, labels. */
const FUNCTION_SUBSECTION = 1;
const KEYED_BY_FUNCTION = [FUNCTION_SUBSECTION, 2, 3];
/** Longest name read; longer ones count as malformed. */
const LABEL_MAX_BYTES = 64 * 1024;

const utf8 = new TextDecoder();

/**
 * The names of functions by index, as written in the content `[start, end)` of a name section.
 * @throws WasmFormatError when the section is malformed, or names more than `functionCount`.
 */
export function readFunctionNames(
  bytes: Uint8Array,
  { start, end }: { readonly start: number; readonly end: number },
  functionCount: number,
): Map<number, string> {
  const names = new Map<number, string>();
  const reader = new WasmReader(bytes, start, end);
  while (!reader.atEnd) {
    const id = reader.u8('name subsection');
    const size = reader.count('name subsection size', reader.end - reader.pos);
    const next = reader.pos + size;
    reader.end = next; // what one of them claims must not make the others be read again
    if (id === FUNCTION_SUBSECTION) {
      for (let left = reader.count('name count', functionCount); left > 0; left--) {
        const index = reader.u32('name index');
        const from = skipLabel(reader);
        names.set(index, utf8.decode(bytes.subarray(from, reader.pos)));
      }
    }
    reader.pos = next;
    reader.end = end;
  }
  return names;
}

/**
 * The content `[start, end)` of a name section with every function index from `from` on raised
 * by `shift`; subsections of other things are copied as they are.
 * @throws WasmFormatError when the section is malformed.
 */
export function shiftNames(
  bytes: Uint8Array,
  range: { readonly start: number; readonly end: number },
  from: number,
  shift: number,
): Uint8Array {
  const reader = new WasmReader(bytes, range.start, range.end);
  const out = new WasmWriter(range.end - range.start + 64);
  while (!reader.atEnd) {
    const subsectionStart = reader.pos;
    const id = reader.u8('name subsection');
    const size = reader.count('name subsection size', reader.end - reader.pos);
    const next = reader.pos + size;
    reader.end = next;
    if (KEYED_BY_FUNCTION.includes(id)) {
      const content = new WasmWriter(size + 64);
      const count = reader.u32('name count');
      content.u32(count);
      for (let left = count; left > 0; left--) {
        const index = reader.u32('name index');
        content.u32(index >= from ? index + shift : index);
        const entryStart = reader.pos;
        if (id === FUNCTION_SUBSECTION) skipLabel(reader);
        else skipNameMap(reader);
        content.copy(bytes, entryStart, reader.pos);
      }
      out.u8(id);
      out.u32(content.pos);
      out.copy(content.view(), 0, content.pos);
    } else out.copy(bytes, subsectionStart, next);
    reader.pos = next;
    reader.end = range.end;
  }
  return out.view();
}

/** Skips a length-prefixed label; returns where its text starts. */
function skipLabel(reader: WasmReader): number {
  const length = reader.count('label length', LABEL_MAX_BYTES);
  const start = reader.pos;
  reader.skip(length, 'label');
  return start;
}

function skipNameMap(reader: WasmReader): void {
  for (let left = reader.u32('name count'); left > 0; left--) {
    reader.u32('name index');
    skipLabel(reader);
  }
}
