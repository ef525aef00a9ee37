// Small text helpers of the generators.

const WIDTH = 100;

/** A C block comment of at most 100 columns. */
export function comment(text: string): string {
  const lines = fill(text, WIDTH - 6);
  return `/* ${lines.join('\n * ')} */`;
}

/** Breaks text into lines of at most `width` columns. */
export function fill(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/)) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}

/** `type` and `name` as C writes them: no space after a star. */
export function joinC(type: string, name: string): string {
  return type.endsWith('*') ? `${type}${name}` : `${type} ${name}`;
}

/** `head` + arguments + `tail`, broken after commas with a continuation indent of 4. */
export function wrap(head: string, args: readonly string[], tail: string): string {
  const lines = [head];
  args.forEach((arg, i) => {
    const piece = `${arg}${i === args.length - 1 ? tail : ','}`;
    const line = lines.at(-1) ?? '';
    const gap = line.endsWith('(') ? '' : ' ';
    if (line.length + gap.length + piece.length > WIDTH) lines.push(`    ${piece}`);
    else lines[lines.length - 1] = `${line}${gap}${piece}`;
  });
  return lines.join('\n');
}
