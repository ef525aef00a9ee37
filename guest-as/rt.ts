// The runtime of every module: AssemblyScript's incremental collector on the host's allocator.
// `asc` compiles this file as an entry, so what it exports is exported by the module.

import './rt-host';
import { __collect } from 'rt/itcms';

// Run a full collection: the host may call it between commands, tests do to count live bytes.
export { __collect };

// The shadow stack that keeps locals alive. A trap leaves it where it was; the host saves it
// before each call into the module and puts it back after a trap. It must not put back any
// other global: the collector's lists live half in globals and half in memory.
export { __stack_pointer };

export { errno } from './errno';

// The first collection starts at half of the initial memory, which the host may choose large.
// Collecting once at start makes it begin in proportion to what is alive, as it goes on later.
__collect();
