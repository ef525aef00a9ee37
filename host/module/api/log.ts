// ABI area "log": the module's lines in the server's log.

import type { AreaImports } from '../../../abi/index.ts';
import { textOf } from '../../lib/bytes.ts';
import type { LogLevel } from '../../lib/log.ts';
import { formatGuest } from '../format.ts';
import type { ModuleInstance } from '../instance.ts';
import { ioOf } from '../io.ts';
import { ModuleTrap } from '../trap.ts';

const LEVELS: ReadonlySet<string> = new Set(['debug', 'verbose', 'notice', 'warning']);

export function log(m: ModuleInstance): AreaImports<'log'> {
  const levelAt = (ptr: number): LogLevel => {
    const level = m.memory.cstring(ptr, 'level');
    return LEVELS.has(level) ? (level as string as LogLevel) : 'verbose'; // a member of the set
  };
  return {
    RedisModule_Log: (_ctx, level, fmt, args) => {
      m.host.logFor(m, levelAt(level), textOf(formatGuest(m, fmt, args)));
    },
    RedisModule_LogIOError: (io, level, fmt, args) => {
      const text = textOf(formatGuest(m, fmt, args));
      m.host.logFor(m, levelAt(level), `${ioOf(m, io).type.name}: ${text}`);
    },
    RedisModule__Assert: (estr, file, line) => {
      const place = `${m.memory.cstring(file, 'file')}:${line}`;
      throw new ModuleTrap(`assertion failed: ${m.memory.cstring(estr, 'estr')} at ${place}`);
    },
    RedisModule_LatencyAddSample: (event, latency) => {
      m.host.addLatencySample(m.memory.cstring(event, 'event'), Number(latency));
    },
  };
}
