// Field offsets of the ABI's structs on wasm32, looked up by name.

import { STRUCTS, type StructName } from '../../abi/structs.ts';

type FieldName<S extends StructName> = (typeof STRUCTS)[S]['fields'][number] extends infer F
  ? F extends { readonly name: infer N extends string; readonly at: number }
    ? N
    : never
  : never;

/** Byte offset of each field of a struct; members of unions have none. */
export function offsetsOf<S extends StructName>(struct: S): Record<FieldName<S>, number> {
  const offsets: Record<string, number> = {};
  for (const field of STRUCTS[struct].fields) {
    if ('at' in field) offsets[field.name] = field.at as number; // `at` is a number in the table
  }
  return offsets as Record<FieldName<S>, number>; // filled from the same table
}
