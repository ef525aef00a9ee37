// What guest code costs, in units of fuel: about one simple instruction, a third of a nanosecond
// to some nanoseconds. Limits are in time; units only say how often to look at the clock.

import { OP } from '../wasm/instructions.ts';

/** A call, over and above what the function called charges itself. */
export const CALL_UNITS = 4;
/** A call into the host: about 50 ns. */
export const HOST_CALL_UNITS = 100;
/** Catching an exception. V8 takes microseconds for one. */
export const CATCH_UNITS = 4096;
/** memory.copy, table.fill and the like, besides what they move. */
export const BULK_UNITS = 16;
/** Bytes of memory, as a power of two, that are moved for one unit. */
export const BULK_BYTES_SHIFT = 6;
/** The same for slots of a table. */
export const BULK_SLOTS_SHIFT = 3;
/**
 * What a function may cost and yet be charged to its callers instead of charging itself: it has
 * no loop and is in no circle of calls.
 */
export const FREE_FUNCTION_MAX_UNITS = 1000;
/** The same for functions whose address is taken: every call_indirect is priced at that. */
export const FREE_TARGET_MAX_UNITS = 60;
/** What all rounds of a loop may cost and yet be charged at once. */
export const COUNTED_LOOP_MAX_UNITS = 16_384;
/** A function with loops pays so much in advance, and looks at the rest when that is used up. */
export const ADVANCE_UNITS = 1024;
/** Sums stop here, so that they fit into the i32 that counts. */
export const UNITS_MAX = 2 ** 26;

/** Shift for the length of a bulk instruction, or -1: it is none. */
export function bulkShift(opcode: number): number {
  switch (opcode) {
    case OP.memoryInit:
    case OP.memoryCopy:
    case OP.memoryFill:
      return BULK_BYTES_SHIFT;
    case OP.tableInit:
    case OP.tableCopy:
    case OP.tableGrow:
    case OP.tableFill:
      return BULK_SLOTS_SHIFT;
    default:
      return -1;
  }
}
