// ABI area "notify": keyspace notifications.

import type { Area } from '../table.ts';

export const notify = {
  title: 'Keyspace notifications',
  doc: 'Events reach modules whatever notify-keyspace-events says. They are delivered at once, within the command that causes them.',
  functions: {
    RedisModule_SubscribeToKeyspaceEvents: {
      doc: "Calls `cb` for the classes of events in `types` (REDISMODULE_NOTIFY_*). A module may subscribe several times. Events caused by a module's own callback are not delivered to it, unless REDISMODULE_OPTIONS_ALLOW_NESTED_KEYSPACE_NOTIFICATIONS is set.",
      params: [
        ['ctx', 'ctx'],
        ['types', 'int'],
        ['cb', 'fn Notification'],
      ],
      result: 'status',
      since: '4.0.9',
    },
    RedisModule_AddPostNotificationJob: {
      doc: 'In a notification: runs `callback` when the command is done and writing is safe, propagated together with it. `free_pd` frees `pd` afterwards. ERR while loading or on a read-only replica.',
      params: [
        ['ctx', 'ctx'],
        ['callback', 'fn PostNotificationJob'],
        ['pd', 'data'],
        ['free_pd', 'fn FreeData?'],
      ],
      result: 'status',
      since: '7.2.0',
    },
    RedisModule_GetNotifyKeyspaceEvents: {
      doc: 'The classes of events that the server publishes to clients.',
      params: [],
      result: 'int',
      since: '6.0.0',
    },
    RedisModule_NotifyKeyspaceEvent: {
      doc: 'Raises an event of one class for a key, for clients and other modules.',
      params: [
        ['ctx', 'ctx'],
        ['type', 'int'],
        ['event', 'cstring'],
        ['key', 'string'],
      ],
      result: 'status',
      since: '6.0.0',
    },
  },
} as const satisfies Area;
