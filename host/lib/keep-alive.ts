// Work that V8 does on threads of its own, such as compiling WebAssembly, does not keep Node's event
// loop going: at the start, when there is no socket yet, the process would end in the middle.

const LONG_MS = 2 ** 30;

/** `work`, during which the process does not end for lack of anything to do. */
export async function keepingAlive<T>(work: Promise<T>): Promise<T> {
  const timer = setInterval(() => {}, LONG_MS);
  try {
    return await work;
  } finally {
    clearInterval(timer);
  }
}
