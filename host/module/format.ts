// printf for guests: the variadic functions of the ABI format in the host.

import type { ByteString } from '../lib/bytes.ts';
import type { ModuleInstance } from './instance.ts';
import { formatPrintf } from './printf.ts';
import { VarArgs } from './varargs.ts';

/** What one call may produce; longer output is cut. */
const OUTPUT_MAX_BYTES = 1024 * 1024;

/** Formats the C string at `fmt` with the packed arguments at `args`. */
export function formatGuest(m: ModuleInstance, fmt: number, args: number): ByteString {
  return formatPrintf(m.memory, fmt, new VarArgs(m.memory, args), OUTPUT_MAX_BYTES).text;
}
