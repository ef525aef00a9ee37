// CLIENT, put together from the files that hold its subcommands.

import { replyHelp } from '../dispatch/help.ts';
import { command, subcommand } from '../dispatch/spec.ts';
import {
  clientNoEvict,
  clientNoTouch,
  clientPause,
  clientReply,
  clientUnblock,
  clientUnpause,
} from './client-control.ts';
import {
  clientGetName,
  clientId,
  clientInfo,
  clientList,
  clientSetInfo,
  clientSetName,
} from './client-identity.ts';
import { clientKill } from './client-kill.ts';
import {
  clientCaching,
  clientGetRedir,
  clientTracking,
  clientTrackingInfo,
} from './client-tracking.ts';

const clientHelp = subcommand({
  name: 'help',
  summary: 'Lists the subcommands.',
  since: '5.0.0',
  complexity: 'O(1)',
  flags: ['loading', 'stale'],
  run: replyHelp,
});

export const client = command({
  name: 'client',
  summary: 'Commands on connections.',
  since: '2.4.0',
  group: 'connection',
  complexity: 'That of the subcommand',
  flags: [],
  subcommands: [
    clientCaching,
    clientGetName,
    clientGetRedir,
    clientHelp,
    clientId,
    clientInfo,
    clientKill,
    clientList,
    clientNoEvict,
    clientNoTouch,
    clientPause,
    clientReply,
    clientSetInfo,
    clientSetName,
    clientTracking,
    clientTrackingInfo,
    clientUnblock,
    clientUnpause,
  ],
});
