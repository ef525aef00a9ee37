// Several requests of one connection read ahead, so that whoever carries them out can see what
// is coming. They are views of the bytes they were read from, valid until those change.

import { Argv } from '../lib/argv.ts';
import { BATCH_MAX_REQUESTS } from '../lib/limits.ts';
import { ProtocolError, type RequestParser } from './parser.ts';

export class RequestBatch {
  /** The first `length` are meaningful; one without words is an empty request. */
  readonly requests: readonly Argv[] = Array.from({ length: BATCH_MAX_REQUESTS }, () => new Argv());
  length = 0;
  readonly #ends = new Int32Array(BATCH_MAX_REQUESTS);

  /**
   * Reads whole requests of `buffer[from, end)`; `from` is the first byte of one. Throws
   * ProtocolError only when the very first is wrong: what precedes a wrong one is carried out.
   */
  read(parser: RequestParser, buffer: Buffer, from: number, end: number): void {
    let position = from;
    this.length = 0;
    try {
      while (this.length < BATCH_MAX_REQUESTS) {
        const request = this.requests[this.length] as Argv; // below the length
        if (!parser.next(buffer, position, end, request)) return;
        position = parser.position;
        this.#ends[this.length++] = position;
      }
    } catch (error) {
      if (this.length === 0 || !(error instanceof ProtocolError)) throw error;
      parser.restart(); // it is found again when its turn comes
    }
  }

  /** Position behind request `index`. */
  endOf(index: number): number {
    return this.#ends[index] as number; // callers stay below length
  }
}
