// A client that waits for a reply which comes later.

import { Context } from './context';
import { Handle, Status } from './handle';
import {
  REDISMODULE_OK,
  RedisModule_AbortBlock,
  RedisModule_SetDisconnectCallback,
  RedisModule_UnblockClient,
} from './redismodule';

/** Yours until `unblock` or `abort`, one of which must be called: even after a timeout. */
@unmanaged
export class BlockedClient extends Handle {
  /**
   * Answers the client soon. `data` is kept alive for the reply function and then let go; if its
   * class has `dispose(): void`, that is called first.
   */
  unblock<T>(data: T): Status {
    const ptr = __pin(changetype<usize>(data));
    const status = RedisModule_UnblockClient(this.handle, ptr);
    if (status !== REDISMODULE_OK) __unpin(ptr);
    return status;
  }

  /** Unblocks without data; the reply function still answers. */
  unblockEmpty(): Status {
    return RedisModule_UnblockClient(this.handle, 0);
  }

  /** Undoes the blocking in the command that did it; that command then replies itself. */
  abort(): Status {
    return RedisModule_AbortBlock(this.handle);
  }

  /** Calls `handler` if the client goes away while blocked. It still has to be unblocked. */
  onDisconnect(handler: (ctx: Context, client: BlockedClient) => void): void {
    RedisModule_SetDisconnectCallback(this.handle, handler.index);
  }
}

/** Index of the function that the host calls when it is done with data of class T. */
export function freeData<T>(): i32 {
  const free = (_ctx: usize, data: usize): void => {
    if (isDefined(changetype<T>(data).dispose)) changetype<T>(data).dispose();
    __unpin(data);
  };
  return free.index;
}
