// What a pending timer keeps alive.

import { Context } from './context';

/** Pinned while the host holds it. */
export class Timer<T> {
  constructor(readonly callback: (ctx: Context, data: T) => void, readonly data: T) {}
}

/** Index of the function that the host calls when a timer with data of class T fires. */
export function timerFired<T>(): i32 {
  const fired = (ctx: Context, ptr: usize): void => {
    const timer = changetype<Timer<T>>(ptr);
    __unpin(ptr); // from here on this frame keeps it alive
    timer.callback(ctx, timer.data);
  };
  return fired.index;
}
