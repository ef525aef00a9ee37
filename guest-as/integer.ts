// Whether 64-bit arithmetic would leave the range: i64 itself wraps around silently.

export function addOverflows(a: i64, b: i64): bool {
  const sum = a + b;
  return ((a ^ sum) & (b ^ sum)) < 0; // both operands differ from the sum in sign
}

/** Of `a - b`. */
export function subtractOverflows(a: i64, b: i64): bool {
  const difference = a - b;
  return ((a ^ b) & (a ^ difference)) < 0;
}

export function multiplyOverflows(a: i64, b: i64): bool {
  if (a === 0 || b === 0) return false;
  // Tested first because dividing the smallest number by -1 traps.
  if (a === -1) return b === i64.MIN_VALUE;
  return (a * b) / a !== b;
}
