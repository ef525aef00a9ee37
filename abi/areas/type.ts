// ABI area "type": data types of modules.

import type { Area } from '../table.ts';

export const type = {
  title: 'Data types',
  doc: 'A value of a module type is a guest pointer that the host keeps, hands to the callbacks of the type, and never reads.',
  functions: {
    RedisModule_CreateDataType: {
      doc: 'Registers a type in OnLoad. `name` has exactly 9 characters of A-Z a-z 0-9 - _ and must be unique; `encver`, 0 to 1023, is stored with each value and given to rdb_load. The struct is copied; members that its version does not have are not read. NULL if any of this is wrong, or the version is 0.',
      params: [
        ['ctx', 'ctx'],
        ['name', 'cstring'],
        ['encver', 'int'],
        ['typemethods', 'struct TypeMethods'],
      ],
      result: 'type?',
      returns: 'static',
      since: '4.0.0',
    },
    RedisModule_ModuleTypeSetValue: {
      doc: 'Replaces the value of a key by one of this type; the host owns it then and frees it through the type. ERR, and the guest still owns it, if not open for writing or an iterator is active.',
      params: [
        ['key', 'key'],
        ['mt', 'type'],
        ['value', 'data'],
      ],
      result: 'status',
      since: '4.0.0',
    },
    RedisModule_ModuleTypeGetType: {
      doc: "The type of the value, or NULL for NULL, an empty key and Redis's own types. Compare it with what CreateDataType returned before using the value.",
      params: [['key', 'key?']],
      result: 'type?',
      returns: 'static',
      since: '4.0.0',
    },
    RedisModule_ModuleTypeGetValue: {
      doc: 'The guest pointer that was set, or NULL if the key holds no module type. Valid until the key changes.',
      params: [['key', 'key?']],
      result: 'data?',
      returns: 'data',
      since: '4.0.0',
    },
  },
} as const satisfies Area;
