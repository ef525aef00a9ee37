// The frames of a guest in the stack trace of an error.

export interface WasmFrame {
  /** Number of the function, as in the rewritten module. */
  readonly functionIndex: number;
  /** Byte offset in the rewritten module. */
  readonly offset: number;
}

const FRAME = /wasm-function\[(\d+)\]:0x([0-9a-f]+)/;
const MAX_FRAMES = 10;

/**
 * The innermost run of wasm frames in V8's text, innermost first. Frames of the host above them
 * are skipped; below the next frame of the host another call into a guest begins.
 */
export function wasmFrames(stack: string): WasmFrame[] {
  const frames: WasmFrame[] = [];
  for (const line of stack.split('\n')) {
    if (!/^\s*at /.test(line)) continue;
    const match = FRAME.exec(line);
    if (match !== null) {
      frames.push({ functionIndex: Number(match[1]), offset: Number.parseInt(match[2] ?? '', 16) });
      if (frames.length === MAX_FRAMES) break;
    } else if (frames.length > 0) break;
  }
  return frames;
}
