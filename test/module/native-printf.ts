// Runs printf as gcc compiles it here: the oracle for printf.ts and long-double.ts.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** One argument of a variadic call, as guest and native compiler both can pass it. */
export type Arg =
  | { readonly kind: 'i32'; readonly value: number }
  | { readonly kind: 'i64'; readonly value: bigint }
  | { readonly kind: 'f64'; readonly value: number }
  /** mantissa * 2^exponent with a mantissa of at most 64 bits. */
  | {
      readonly kind: 'longDouble';
      readonly mantissa: bigint;
      readonly exponent: number;
      readonly isNegative: boolean;
    }
  | { readonly kind: 'string'; readonly value: string | null }
  | { readonly kind: 'pointer'; readonly value: number };

export interface PrintfCase {
  readonly format: string;
  readonly args: readonly Arg[];
  /** `long` has 64 bits natively: the C type that i32 arguments are cast to. */
  readonly nativeType?: string;
}

export function hasGcc(): boolean {
  try {
    execFileSync('gcc', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false; // a machine without gcc: the tests that need it say that they are skipped
  }
}

/** What native printf writes for each case. One compilation for all. */
export function nativePrintf(cases: readonly PrintfCase[]): string[] {
  const directory = mkdtempSync(join(tmpdir(), 'redcell-printf-'));
  try {
    const source = join(directory, 'oracle.c');
    const program = join(directory, 'oracle');
    writeFileSync(source, programText(cases));
    execFileSync('gcc', ['-w', '-O0', '-o', program, source, '-lm']);
    const out = execFileSync(program, { maxBuffer: 1 << 28 }).toString('latin1');
    return out.split('\x01').slice(0, cases.length);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function programText(cases: readonly PrintfCase[]): string {
  const lines = cases.map(({ format, args, nativeType = 'int' }) => {
    const values = args.map((arg) => `, ${argText(arg, nativeType)}`).join('');
    return `  printf(${quote(format)}${values}); putchar(1);`;
  });
  // Functions of a few hundred calls: gcc is slow on one of thousands.
  const chunks: string[] = [];
  for (let i = 0; i < lines.length; i += 200) {
    const name = `chunk${chunks.length}`;
    chunks.push(`static void ${name}(void) {\n${lines.slice(i, i + 200).join('\n')}\n}`);
  }
  const calls = chunks.map((_, i) => `  chunk${i}();`).join('\n');
  return `#include <stdio.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>
static double bits(unsigned long long b) { union { unsigned long long b; double d; } u = { b }; return u.d; }
${chunks.join('\n')}
int main(void) {\n${calls}\n  return 0;\n}\n`;
}

function argText(arg: Arg, nativeType: string): string {
  switch (arg.kind) {
    case 'i32':
      return `(${nativeType})(int)${arg.value >>> 0}u`;
    case 'i64':
      return `(long long)${BigInt.asUintN(64, arg.value)}ull`;
    case 'f64': {
      const view = new DataView(new ArrayBuffer(8));
      view.setFloat64(0, arg.value);
      return `bits(${view.getBigUint64(0)}ull)`;
    }
    case 'longDouble':
      return `${arg.isNegative ? '-' : ''}ldexpl((long double)${arg.mantissa}ull, ${arg.exponent})`;
    case 'string':
      return arg.value === null ? '(char *)0' : quote(arg.value);
    default:
      return `(void *)${arg.value}`;
  }
}

function quote(text: string): string {
  const escaped = [...text].map((char) => {
    const code = char.charCodeAt(0);
    const isPlain = code >= 32 && code < 127 && char !== '"' && char !== '\\' && char !== '?';
    return isPlain ? char : `\\${code.toString(8).padStart(3, '0')}`;
  });
  return `"${escaped.join('')}"`;
}
