// A connection without a socket: for clients that have to look connected.

import type { Transport } from '../../host/dispatch/client.ts';

/** What is written stays in the client's writer. */
export function silentTransport(): Transport {
  return {
    remoteAddress: '127.0.0.1:1',
    localAddress: '127.0.0.1:2',
    fd: 1,
    isUnixSocket: false,
    outputBytes: 0,
    inputBytes: 0,
    scheduleFlush: () => {},
    pause: () => {},
    resume: () => {},
    closeAfterReply: () => {},
    closeNow: () => {},
    checkLimits: () => {},
  };
}
