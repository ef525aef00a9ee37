// ABI area "infofields": the module's part of INFO, and reading INFO.

import type { Area } from '../table.ts';

const SERVER_FIELD = [
  ['data', 'serverInfo'],
  ['field', 'cstring'],
  ['out_err', 'out int?'],
] as const;

export const infofields = {
  title: 'INFO',
  doc: 'In the callback of RedisModule_RegisterInfoFunc: begin a section, then add fields. Names get the prefix `<module>_`. Functions return ERR outside a section, or where the client did not ask for it.',
  functions: {
    RedisModule_InfoAddSection: {
      doc: 'Begins a section. NULL or "" names it after the module. ERR if it was not asked for: then add no fields.',
      params: [
        ['ctx', 'infoCtx'],
        ['name', 'cstring?'],
      ],
      result: 'status',
      since: '6.0.0',
    },
    RedisModule_InfoBeginDictField: {
      doc: 'Begins a field whose value is a list of name=value pairs; the fields added next go there.',
      params: [
        ['ctx', 'infoCtx'],
        ['name', 'cstring'],
      ],
      result: 'status',
      since: '6.0.0',
    },
    RedisModule_InfoEndDictField: {
      doc: 'Ends the field that RedisModule_InfoBeginDictField began. ERR if there is none.',
      params: [['ctx', 'infoCtx']],
      result: 'status',
      since: '6.0.0',
    },
    RedisModule_InfoAddFieldString: {
      doc: 'Adds a field with a string.',
      params: [
        ['ctx', 'infoCtx'],
        ['field', 'cstring'],
        ['value', 'string'],
      ],
      result: 'status',
      since: '6.0.0',
    },
    RedisModule_InfoAddFieldCString: {
      doc: 'Adds a field with a C string.',
      params: [
        ['ctx', 'infoCtx'],
        ['field', 'cstring'],
        ['value', 'cstring'],
      ],
      result: 'status',
      since: '6.0.0',
    },
    RedisModule_InfoAddFieldDouble: {
      doc: 'Adds a field with a double.',
      params: [
        ['ctx', 'infoCtx'],
        ['field', 'cstring'],
        ['value', 'double'],
      ],
      result: 'status',
      since: '6.0.0',
    },
    RedisModule_InfoAddFieldLongLong: {
      doc: 'Adds a field with a signed integer.',
      params: [
        ['ctx', 'infoCtx'],
        ['field', 'cstring'],
        ['value', 'longlong'],
      ],
      result: 'status',
      since: '6.0.0',
    },
    RedisModule_InfoAddFieldULongLong: {
      doc: 'Adds a field with an unsigned integer.',
      params: [
        ['ctx', 'infoCtx'],
        ['field', 'cstring'],
        ['value', 'ulonglong'],
      ],
      result: 'status',
      since: '6.0.0',
    },
    RedisModule_RegisterInfoFunc: {
      doc: 'Sets the callback that adds to INFO; one for each module.',
      params: [
        ['ctx', 'ctx'],
        ['cb', 'fn Info'],
      ],
      result: 'status',
      since: '6.0.0',
    },
    RedisModule_GetServerInfo: {
      doc: 'Takes a snapshot of INFO, or of one section, to read fields from. Free it with RedisModule_FreeServerInfo.',
      params: [
        ['ctx', 'ctx?'],
        ['section', 'cstring?'],
      ],
      result: 'serverInfo',
      returns: 'own',
      since: '6.0.0',
    },
    RedisModule_FreeServerInfo: {
      doc: 'Frees a snapshot. Pass the ctx that it was made with.',
      params: [
        ['ctx', 'ctx?'],
        ['data', 'serverInfo'],
      ],
      result: 'void',
      since: '6.0.0',
    },
    RedisModule_ServerInfoGetField: {
      doc: 'The value of a field as a new string, or NULL if there is none.',
      params: [
        ['ctx', 'ctx?'],
        ['data', 'serverInfo'],
        ['field', 'cstring'],
      ],
      result: 'string?',
      returns: 'own',
      since: '6.0.0',
    },
    RedisModule_ServerInfoGetFieldC: {
      doc: 'The value of a field as a C string that lives as long as the snapshot, or NULL.',
      params: [
        ['data', 'serverInfo'],
        ['field', 'cstring'],
      ],
      result: 'cstring?',
      returns: 'borrow',
      since: '6.0.0',
    },
    RedisModule_ServerInfoGetFieldSigned: {
      doc: 'The value of a field as a signed integer. Stores a status unless `out_err` is NULL; 0 on ERR.',
      params: SERVER_FIELD,
      result: 'longlong',
      since: '6.0.0',
    },
    RedisModule_ServerInfoGetFieldUnsigned: {
      doc: 'The value of a field as an unsigned integer. Stores a status unless `out_err` is NULL; 0 on ERR.',
      params: SERVER_FIELD,
      result: 'ulonglong',
      since: '6.0.0',
    },
    RedisModule_ServerInfoGetFieldDouble: {
      doc: 'The value of a field as a double. Stores a status unless `out_err` is NULL; 0 on ERR.',
      params: SERVER_FIELD,
      result: 'double',
      since: '6.0.0',
    },
  },
} as const satisfies Area;
