// Compiles one module in a process of its own and calls its export `f`, as a server does, or all
// of it with V8's optimizing compiler, as for code that has become hot. Answers with the costs.

import { setFlagsFromString } from 'node:v8';

setFlagsFromString('--wasm-max-table-size=65536');
setFlagsFromString('--wasm-max-mem-pages=32768');
setFlagsFromString('--no-wasm-lazy-compilation');
if (process.argv[2] === 'optimizing') {
  setFlagsFromString('--no-liftoff');
  setFlagsFromString('--no-wasm-dynamic-tiering');
}

process.on('message', async (/** @type {Uint8Array} */ bytes) => {
  let stallMs = 0;
  let last = performance.now();
  const timer = setInterval(() => {
    stallMs = Math.max(stallMs, performance.now() - last);
    last = performance.now();
  }, 1);
  const startMs = performance.now();
  const module = await WebAssembly.compile(bytes);
  const compileMs = performance.now() - startMs;
  await new Promise((resolve) => setTimeout(resolve, 10));
  clearInterval(timer);
  const memory = new WebAssembly.Memory({ initial: 1 });
  const host = { memory, memory_grow: () => -1, refuel: () => 1_000_000, probe: () => {} };
  const { exports } = new WebAssembly.Instance(module, { redcell: host });
  const callMs = performance.now();
  try {
    /** @type {() => void} */ (exports.f)();
  } catch {
    // a stack overflow is as good as any other end
  }
  process.send?.({
    compileMs,
    stallMs,
    firstCallMs: performance.now() - callMs,
    maxRssBytes: process.resourceUsage().maxRSS * 1024,
  });
});
