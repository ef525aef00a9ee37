// What the host's objects are here: numbers with methods. A Context, Key or RString *is* its
// handle, so passing one costs nothing and the collector never looks at it.

/** Base of all host objects. A handle of 0 is C's NULL. */
@unmanaged
export class Handle {
  /** The number itself, for functions of redismodule.ts that this SDK does not wrap. */
  get handle(): usize {
    return changetype<usize>(this);
  }

  get isNull(): bool {
    return changetype<usize>(this) === 0;
  }
}

/** REDISMODULE_OK or REDISMODULE_ERR. */
export type Status = i32;
