// ABI area "aof": the commands that rebuild a value.

import type { AreaImports } from '../../../abi/index.ts';
import { BAD_FORMAT, CallReader } from '../call-format.ts';
import type { ModuleInstance } from '../instance.ts';
import { ioOf } from '../io.ts';

export function aof(m: ModuleInstance): AreaImports<'aof'> {
  const reader = new CallReader();
  return {
    RedisModule_EmitAOF: (io, cmdname, fmt, args) => {
      const stream = ioOf(m, io);
      const { emit } = stream;
      if (stream.isIoError) return;
      const flags = reader.read(m, cmdname, fmt, args);
      if (flags === BAD_FORMAT || m.host.table.lookup(reader.argv.at(0)) === undefined) {
        m.host.logFor(m, 'warning', 'EmitAOF: unknown command or bad format');
        m.setErrno('EINVAL');
        stream.fail();
        return;
      }
      emit(reader.argv.toByteStrings());
    },
  };
}
