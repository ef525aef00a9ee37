// What the server does besides commands, told while it happens: data sets saved and loaded.
// Persistence tells; modules listen.

export type Phase =
  | 'rdb-save'
  | 'rdb-save-in-foreground'
  | 'aof-rewrite'
  | 'aof-rewrite-in-foreground'
  | 'saved'
  | 'save-failed'
  | 'rdb-load'
  | 'aof-load'
  | 'loaded'
  | 'load-failed';

export interface PhaseListener {
  entered(phase: Phase): void;
  /** `loadedBytes` of `totalBytes` have been read since `rdb-load` or `aof-load`. */
  loading(source: 'rdb' | 'aof', loadedBytes: number, totalBytes: number): void;
}

export class Phases {
  /** Set by the instance. */
  listener: PhaseListener | null = null;

  enter(phase: Phase): void {
    this.listener?.entered(phase);
  }

  /** To be told now and then while loading. */
  progress(source: 'rdb' | 'aof', loadedBytes: number, totalBytes: number): void {
    this.listener?.loading(source, loadedBytes, totalBytes);
  }
}
