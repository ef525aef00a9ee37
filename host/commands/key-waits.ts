// Waiting for keys: what BLPOP, BZPOPMIN and friends do when there is nothing to pop.

import type { Client } from '../dispatch/client.ts';
import type { Context } from '../dispatch/context.ts';

/** The key arguments [from, to) and what to wait for. */
export interface KeyWait {
  readonly from: number;
  readonly to: number;
  /** Record type (record.ts). */
  readonly type: number;
  /** 0: for ever. */
  readonly timeoutMs: number;
}

/** Blocks the client, or answers at once that there is nothing where blocking is not allowed. */
export function blockForKeys(ctx: Context, wait: KeyWait): void {
  if (!ctx.canBlock) {
    ctx.reply.nullArray();
    return;
  }
  const keys = [];
  for (let i = wait.from; i < wait.to; i++) keys.push(ctx.arg(i).toByteString());
  ctx.block({ keys, type: wait.type, timeoutMs: wait.timeoutMs, onTimeout: replyTimedOut });
}

function replyTimedOut(client: Client): void {
  client.writer.nullArray();
}
