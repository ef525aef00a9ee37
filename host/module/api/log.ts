// ABI area "log": the module's lines in the server's log.

import type { AreaImports } from '../../../abi/index.ts';
import { textOf } from '../../lib/bytes.ts';
import type { LogLevel } from '../../lib/log.ts';
import { formatGuest } from '../format.ts';
import type { ModuleInstance } from '../instance.ts';
import { ioOf } from '../io.ts';
import { ModuleTrap } from '../trap.ts';

/** Names of latency events that a module may bring. */
const EVENTS_MAX = 100;
const EVENT_NAME_MAX_BYTES = 256;
const LEVELS: ReadonlySet<string> = new Set(['debug', 'verbose', 'notice', 'warning']);

export function log(m: ModuleInstance): AreaImports<'log'> {
  const levelAt = (ptr: number, argument: string): LogLevel => {
    const level = m.memory.cstring(ptr, argument);
    return LEVELS.has(level) ? (level as string as LogLevel) : 'verbose'; // a member of the set
  };
  const events = new Set<string>();
  return {
    RedisModule_Log: (_ctx, level, fmt, args) => {
      m.host.logFor(m, levelAt(level, 'level'), textOf(formatGuest(m, fmt, args)));
    },
    RedisModule_LogIOError: (io, level, fmt, args) => {
      const text = textOf(formatGuest(m, fmt, args));
      m.host.logFor(m, levelAt(level, 'levelstr'), `${ioOf(m, io).type.name}: ${text}`);
    },
    RedisModule__Assert: (estr, file, line) => {
      const place = `${m.memory.cstring(file, 'file')}:${line}`;
      throw new ModuleTrap(`assertion failed: ${m.memory.cstring(estr, 'estr')} at ${place}`);
    },
    RedisModule_LatencyAddSample: (event, latency) => {
      const name = m.memory.cstring(event, 'event', EVENT_NAME_MAX_BYTES);
      if (!events.has(name) && events.size >= EVENTS_MAX) {
        throw new ModuleTrap(`more than ${EVENTS_MAX} latency events`, 'event');
      }
      events.add(name);
      m.host.addLatencySample(name, Number(latency));
    },
  };
}
