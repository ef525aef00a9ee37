// For editors only: functions of the runtime that `asc` knows by itself.

/** Keeps an object alive until `__unpin`; an object can be pinned once. */
declare function __pin(ptr: usize): usize;
declare function __unpin(ptr: usize): void;
/** Allocates an object of the class with this id. */
declare function __new(size: usize, id: u32): usize;
