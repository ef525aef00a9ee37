// RedisModuleIO: the stream behind a type's save, load and rewrite callbacks.

import { CONSTANTS } from '../../abi/constants.ts';
import type { EmitCommand, ModuleLoader, ModuleSaver } from '../rdb/module-io.ts';
import type { ModuleValuePlace } from '../values/module.ts';
import type { DataType } from './data-type.ts';
import type { ModuleInstance } from './instance.ts';
import { KIND_IO } from './kinds.ts';
import { ModuleTrap } from './trap.ts';

const HANDLES_ERRORS = CONSTANTS.REDISMODULE_OPTIONS_HANDLE_IO_ERRORS;

/** One of saver, loader and emit is set. */
export interface IoParts {
  readonly type: DataType;
  /** Null for auxiliary data, which belongs to no key. */
  readonly place: ModuleValuePlace | null;
  readonly saver?: ModuleSaver;
  readonly loader?: ModuleLoader;
  readonly emit?: EmitCommand;
}

export class ModuleIo {
  readonly type: DataType;
  readonly place: ModuleValuePlace | null;
  readonly #saver: ModuleSaver | null;
  readonly #loader: ModuleLoader | null;
  readonly #emit: EmitCommand | null;
  #hasFailed = false;

  constructor(parts: IoParts) {
    this.type = parts.type;
    this.place = parts.place;
    this.#saver = parts.saver ?? null;
    this.#loader = parts.loader ?? null;
    this.#emit = parts.emit ?? null;
  }

  get isIoError(): boolean {
    return this.#hasFailed || (this.#loader?.isIoError ?? false);
  }

  fail(): void {
    this.#hasFailed = true;
  }

  get saver(): ModuleSaver {
    if (this.#saver === null) throw new ModuleTrap('this stream is not for saving', 'io');
    return this.#saver;
  }

  get loader(): ModuleLoader {
    if (this.#loader === null) throw new ModuleTrap('this stream is not for loading', 'io');
    return this.#loader;
  }

  get emit(): EmitCommand {
    if (this.#emit === null) throw new ModuleTrap('this stream is not for commands', 'io');
    return this.#emit;
  }

  /**
   * Runs a load. Where Redis would end the process (the data are bad and the module does not
   * handle errors), the callback is ended.
   */
  load<T>(read: (loader: ModuleLoader) => T): T {
    const { loader } = this;
    const value = read(loader);
    if (loader.isIoError && (this.type.module.options & HANDLES_ERRORS) === 0) {
      throw new ModuleTrap(`the stored data of type ${this.type.name} are damaged`);
    }
    return value;
  }
}

/** The stream behind a handle. */
export function ioOf(m: ModuleInstance, handle: number): ModuleIo {
  return m.handles.get(handle, KIND_IO, 'io') as ModuleIo; // by its kind
}
