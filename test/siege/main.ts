// `npm run siege -- PART [--option value]`: attacks on the server by hostile modules that take
// longer than a test may. A part returns whether the server has held.

type Options = Readonly<Record<string, string>>;
type Part = { main(options: Options): Promise<boolean> };

const PARTS: Readonly<Record<string, () => Promise<Part>>> = {
  bombs: () => import('./bombs.ts'),
  boundary: () => import('./boundary.ts'),
  random: () => import('./random.ts'),
  validator: () => import('./validator.ts'),
};

const [name = '', ...words] = process.argv.slice(2);
const part = PARTS[name];
if (part === undefined) {
  console.log(`usage: npm run siege -- ${Object.keys(PARTS).join('|')} [--option value]`);
  process.exitCode = 2;
} else {
  const { main } = await part();
  process.exitCode = (await main(optionsOf(words))) ? 0 : 1;
}

function optionsOf(words: readonly string[]): Options {
  const options: Record<string, string> = {};
  for (let i = 0; i + 1 < words.length; i += 2) {
    options[(words[i] as string).replace(/^--/, '')] = words[i + 1] as string; // below the end
  }
  return options;
}
