// The frames of a guest in the stack trace of an error.

export interface WasmFrame {
  /** Number of the function, as in the rewritten module. */
  readonly functionIndex: number;
  /** Byte offset in the rewritten module. */
  readonly offset: number;
}

const FRAME = /(wasm:\S*?):?wasm-function\[(\d+)\]:0x([0-9a-f]+)/;
const MAX_FRAMES = 10;

/**
 * The innermost run of wasm frames in V8's text, innermost first. Frames of the host above them
 * are skipped; below the next frame of the host another call into a guest begins. The stack probe
 * is a module of its own: the guest is the one whose function the host has called.
 */
export function wasmFrames(stack: string): WasmFrame[] {
  const frames: (WasmFrame & { module: string })[] = [];
  for (const line of stack.split('\n')) {
    if (!/^\s*at /.test(line)) continue;
    const match = FRAME.exec(line);
    if (match === null) {
      if (frames.length > 0) break;
      continue;
    }
    const [, module = '', index, offset = ''] = match;
    frames.push({ module, functionIndex: Number(index), offset: Number.parseInt(offset, 16) });
    if (frames.length === MAX_FRAMES) break;
  }
  const guest = frames.at(-1)?.module;
  return frames
    .filter(({ module }) => module === guest)
    .map(({ functionIndex, offset }) => ({ functionIndex, offset }));
}
