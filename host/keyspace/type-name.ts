// What TYPE answers.

import type { ModuleValue } from '../values/module.ts';
import type { Database } from './database.ts';
import { TYPE_MODULE, TYPE_NAMES } from './record.ts';
import type { Ref } from './records.ts';

/** The type of a record in Redis's words; of a module's value the name of its data type. */
export function typeNameOf(db: Database, ref: Ref): string {
  const type = db.typeOf(ref);
  if (type !== TYPE_MODULE) return TYPE_NAMES[type] as string; // has all record types
  return (db.valueOf(ref) as ModuleValue).moduleType.name; // records of that type hold these
}
