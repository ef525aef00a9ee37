// The server process: arguments, signals and exit codes. Started by the launcher, which knows the
// flags that node needs; it works without, too.

import { readFileSync, realpathSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { userLineCheck } from './acl/startup.ts';
import { catalog } from './commands/all.ts';
import { type LoadedConfig, loadConfig } from './config/arguments.ts';
import { ConfigFileError } from './config/file.ts';
import { CommandTable } from './dispatch/table.ts';
import { reportBug } from './lib/bug-report.ts';
import { openLogOutput, type WriteLine } from './process/log-output.ts';
import { ServerProcess, StartError } from './process/server-process.ts';
import { handleSignals } from './process/signals.ts';
import { USAGE, versionText } from './process/usage.ts';
import { limitWebAssembly } from './process/wasm-flags.ts';

/** Starts the server that `args` describe, or prints what they ask for. */
async function main(args: readonly string[]): Promise<void> {
  const [first] = args;
  if (first === '-v' || first === '--version') return print(versionText());
  if (first === '-h' || first === '--help') return print(USAGE);
  const loaded = configure(args);
  const write = openOutput(loaded.config.string('logfile'));
  const exit = (code: number): void => process.exit(code);
  limitWebAssembly();
  const server = new ServerProcess({ loaded, write, exit, hasArguments: args.length > 0 });
  handleEvents(server);
  try {
    await server.start();
  } catch (error) {
    if (!(error instanceof StartError)) reportBug(server.log, 'at start', error);
    process.exit(1);
  }
}

function print(text: string): void {
  process.stdout.write(text);
}

function configure(args: readonly string[]): LoadedConfig {
  try {
    const directory = process.cwd();
    const checks = { user: userLineCheck(new CommandTable(catalog)) };
    const { env } = process;
    return loadConfig({ args, env, directory, readStdin: () => readFileSync(0), checks });
  } catch (error) {
    if (!(error instanceof ConfigFileError)) throw error;
    return refuse(error.message);
  }
}

function openOutput(path: string): WriteLine {
  try {
    return openLogOutput(path);
  } catch (error) {
    return refuse(`Can't open the log file: ${(error as Error).message}\n`);
  }
}

function refuse(message: string): never {
  process.stderr.write(message);
  process.exit(1);
}

function handleEvents(server: ServerProcess): void {
  // Nobody reads the log any more: that is no reason to end.
  process.stdout.on('error', () => {});
  process.stderr.on('error', () => {});
  handleSignals(process, {
    shutDown: (signal) => void server.shutDown(signal),
    insist: () => {
      server.logFromHandler('You insist... exiting now.');
      process.exit(1);
    },
    isShuttingDown: () => server.isShuttingDown,
    orphaned: () => void server.shutDown('SIGTERM'),
  });
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (error: unknown) => {
      reportBug(server.log, `(${event})`, error);
      process.exit(1); // what is in memory may be half of a change: the files are not
    });
  }
}

const script = process.argv[1];
if (script !== undefined && import.meta.url === pathToFileURL(realpathSync(script)).href) {
  await main(process.argv.slice(2));
}
