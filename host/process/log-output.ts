// Where log lines go: the standard output, or a file that may be moved away while the server runs.

import { appendFileSync } from 'node:fs';

/** Takes whole lines. */
export type WriteLine = (line: string) => void;

/**
 * @param path empty: the standard output
 * @throws the system's error when the file cannot be written
 */
export function openLogOutput(path: string): WriteLine {
  if (path === '') return (line) => void process.stdout.write(line);
  appendFileSync(path, '');
  // Opened for each line, as Redis does: log rotation needs no signal.
  return (line) => {
    try {
      appendFileSync(path, line);
    } catch {
      // A full disk must not end the server, and there is nowhere to tell it.
    }
  };
}
