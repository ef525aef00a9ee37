// ABI area "replicate": what a command sends to the append-only file and to replicas.

import type { AreaImports } from '../../../abi/index.ts';
import { ERR, OK } from '../../../abi/kinds.ts';
import { TO_ALL } from '../../dispatch/propagation.ts';
import type { Argv } from '../../lib/argv.ts';
import { BAD_FORMAT, CallReader } from '../call-format.ts';
import { targetsOf } from '../caller.ts';
import type { ModuleContext } from '../context.ts';
import type { ModuleInstance } from '../instance.ts';

export function replicate(m: ModuleInstance): AreaImports<'replicate'> {
  const reader = new CallReader();
  const { keyspace, propagation } = m.executor;
  const add = (context: ModuleContext, argv: Argv, targets: number): void => {
    if (propagation.isActive) {
      m.quota.chargeCall(argv.copyBytes, 'an effect');
      propagation.add(context.db?.index ?? 0, argv.clone(), targets);
    }
    keyspace.dirty++;
  };
  return {
    RedisModule_Replicate: (ctx, cmdname, fmt, args) => {
      const context = m.context(ctx);
      const flags = reader.read(m, cmdname, fmt, args);
      if (flags === BAD_FORMAT) return ERR;
      if (m.host.table.lookup(reader.argv.at(0)) === undefined) return ERR;
      add(context, reader.argv, targetsOf(flags));
      return OK;
    },
    RedisModule_ReplicateVerbatim: (ctx) => {
      const context = m.context(ctx);
      const argv = context.words ?? context.blocked?.argv;
      if (argv !== undefined) add(context, argv, TO_ALL);
      return OK;
    },
  };
}
