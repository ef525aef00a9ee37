// DEBUG subcommands that belong to a feature: it registers them here when it is installed, so that
// the command needs to know no feature.

import { ServiceKey } from '../lib/services.ts';
import type { Handler } from './spec.ts';

/** By name in lower case. */
export type DebugSubcommands = Map<string, Handler>;

export const DEBUG_SUBCOMMANDS = new ServiceKey<DebugSubcommands>('debug-subcommands');
