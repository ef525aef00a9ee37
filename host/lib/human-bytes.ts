// Byte counts as INFO's …_human fields print them.

const UNITS = ['B', 'K', 'M', 'G', 'T', 'P'];

/** `1.04M`; counts below 1024 without decimals. */
export function humanBytes(bytes: number): string {
  if (bytes < 1024) return `${Math.round(bytes)}B`;
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${value.toFixed(2)}${UNITS[unit]}`;
}
