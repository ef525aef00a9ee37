// SIGTERM and SIGINT shut down, a second SIGINT insists, SIGHUP is ignored; and when the launcher
// is gone, so is the server.

export type ShutdownSignal = 'SIGTERM' | 'SIGINT';

export interface SignalActions {
  shutDown(signal: ShutdownSignal): void;
  /** A shutdown is under way, and somebody does not want to wait for it. */
  insist(): void;
  readonly isShuttingDown: () => boolean;
  /** The process that started this one has ended. */
  orphaned(): void;
}

/** The part of `process` that is needed. */
export interface SignalSource {
  on(event: ShutdownSignal | 'SIGHUP' | 'disconnect', listener: () => void): unknown;
  readonly channel?: { unref(): void } | null | undefined;
}

export function handleSignals(source: SignalSource, actions: SignalActions): void {
  source.on('SIGTERM', () => actions.shutDown('SIGTERM'));
  source.on('SIGINT', () => {
    if (actions.isShuttingDown()) actions.insist();
    else actions.shutDown('SIGINT');
  });
  source.on('SIGHUP', () => {}); // the terminal is gone: a server does not need one
  source.on('disconnect', () => actions.orphaned());
  source.channel?.unref();
}
