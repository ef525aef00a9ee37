// `npm run siege -- PART [options]`: attacks on the server by hostile modules that take longer
// than a test may. A part returns whether the server has held.

const PARTS: Readonly<Record<string, () => Promise<{ main(): Promise<boolean> }>>> = {
  boundary: () => import('./boundary.ts'),
};

const [name = ''] = process.argv.slice(2);
const part = PARTS[name];
if (part === undefined) {
  console.log(`usage: npm run siege -- ${Object.keys(PARTS).join('|')}`);
  process.exitCode = 2;
} else {
  const { main } = await part();
  process.exitCode = (await main()) ? 0 : 1;
}
