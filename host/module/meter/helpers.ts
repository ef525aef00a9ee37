// Functions that the rewriter adds behind the guest's own. Each is small, so each is plain bytes.

import { OP } from '../wasm/instructions.ts';
import type { FunctionType } from '../wasm/types.ts';
import { WasmWriter } from '../wasm/writer.ts';

const NO_LOCALS = 0;
const EMPTY_BLOCK = 0x40;

/** `()->()`: adds what the host gives. `refuel` is the import that asks for it. */
export function refuelBody(fuelGlobal: number, refuel: number): Buffer {
  return body((out) => {
    op(out, OP.globalGet, fuelGlobal);
    op(out, OP.call, refuel);
    out.u8(OP.i32Add);
    op(out, OP.globalSet, fuelGlobal);
  });
}

/** `(i32)->()`: takes units off; `refuel` is the function above. */
export function chargeBody(fuelGlobal: number, refuel: number): Buffer {
  return body((out) => {
    op(out, OP.globalGet, fuelGlobal);
    op(out, OP.localGet, 0);
    out.u8(OP.i32Sub);
    op(out, OP.localTee, 0);
    op(out, OP.globalSet, fuelGlobal);
    op(out, OP.localGet, 0);
    op(out, OP.i32Const, 0);
    out.u8(OP.i32LtS);
    op(out, OP.if, EMPTY_BLOCK);
    op(out, OP.call, refuel);
    out.u8(OP.end);
  });
}

/** Calls an imported function, the stack probed; it has the type of that function. */
export function thunkBody(type: FunctionType, imported: number, probe: number): Buffer {
  return body((out) => {
    op(out, OP.call, probe);
    type.params.forEach((_, index) => {
      op(out, OP.localGet, index);
    });
    op(out, OP.call, imported);
  });
}

function op(out: WasmWriter, opcode: number, index: number): void {
  out.u8(opcode);
  out.u32(index);
}

/** A body without locals, behind its size. */
function body(write: (out: WasmWriter) => void): Buffer {
  const content = new WasmWriter(64);
  content.u8(NO_LOCALS);
  write(content);
  content.u8(OP.end);
  const out = new WasmWriter(content.pos + 8);
  out.u32(content.pos);
  out.copy(content.view(), 0, content.pos);
  return out.view();
}
