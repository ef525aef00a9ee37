// A socket without a protocol: for tests of what clients should not send.

import { connect, type Socket } from 'node:net';

export class RawSocket {
  /** All that has come, one char a byte. */
  received = '';
  isClosed = false;
  readonly #socket: Socket;
  #waiting: (() => void)[] = [];

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk) => {
      this.received += chunk.toString('latin1');
      this.#wakeAll();
    });
    socket.on('error', () => {}); // 'close' follows
    socket.on('close', () => {
      this.isClosed = true;
      this.#wakeAll();
    });
  }

  static open(port: number): Promise<RawSocket> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1', () => resolve(new RawSocket(socket)));
      socket.setNoDelay(true);
      socket.once('error', reject);
    });
  }

  /** Resolves when the system has taken the bytes. */
  write(bytes: string): Promise<void> {
    return new Promise((resolve) => {
      this.#socket.write(Buffer.from(bytes, 'latin1'), () => resolve());
    });
  }

  /** Waits until `isEnough` says so of what has come, or the other side has closed. */
  async until(isEnough: (received: string) => boolean): Promise<string> {
    while (!this.isClosed && !isEnough(this.received)) {
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
      });
    }
    return this.received;
  }

  #wakeAll(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }

  /** Waits until the other side has closed. */
  untilClosed(): Promise<string> {
    return this.until(() => false);
  }

  /** Stops taking what is sent. */
  stopReading(): void {
    this.#socket.pause();
  }

  startReading(): void {
    this.#socket.resume();
  }

  close(): void {
    this.#socket.destroy();
  }
}
