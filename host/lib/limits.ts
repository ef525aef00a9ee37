// Limits that are part of Redis's behaviour or of redcell's safety and not directives.
// Units are in the names.

/** A request line (inline command, or a length header) may be this long. */
export const INLINE_MAX_BYTES = 64 * 1024;
/** Arguments of one command. */
export const MULTIBULK_MAX_COUNT = 2 ** 31 - 1;
/** Requests of a connection that are read at once, before the first of them is carried out. */
export const BATCH_MAX_REQUESTS = 32;
/** A connection gives others a turn after so many commands … */
export const TURN_MAX_COMMANDS = 1024;
/** … or after so much time, in milliseconds. */
export const TURN_MAX_MS = 4;
/** … or with so much to be sent: only then is its output limit looked at. */
export const TURN_MAX_OUTPUT_BYTES = 1024 * 1024;
/** Module callbacks and RM_Call nest at most so deep. */
export const CALL_MAX_DEPTH = 16;
