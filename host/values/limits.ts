// The directives that decide between compact and large encodings of complex values.

/** One mutable object per instance, shared by reference: CONFIG SET takes effect at once. */
export interface EncodingLimits {
  hashMaxListpackEntries: number;
  /** Bytes, as all `…Value` limits. */
  hashMaxListpackValue: number;
  setMaxIntsetEntries: number;
  setMaxListpackEntries: number;
  setMaxListpackValue: number;
  zsetMaxListpackEntries: number;
  zsetMaxListpackValue: number;
  /** Elements of a list node when positive; -1 to -5 stand for 4, 8, 16, 32 and 64 KB. */
  listMaxListpackSize: number;
  /** Kept for CONFIG; lists are never compressed in memory here. */
  listCompressDepth: number;
}

/** Redis 7.2's defaults. */
export const DEFAULT_ENCODING_LIMITS: Readonly<EncodingLimits> = {
  hashMaxListpackEntries: 512,
  hashMaxListpackValue: 64,
  setMaxIntsetEntries: 512,
  setMaxListpackEntries: 128,
  setMaxListpackValue: 64,
  zsetMaxListpackEntries: 128,
  zsetMaxListpackValue: 64,
  listMaxListpackSize: -2,
  listCompressDepth: 0,
};
