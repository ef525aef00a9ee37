// One process with one instance: from a configuration to a server that listens, and back to
// nothing. The order of the steps and the lines they log are Redis's.

import { chmodSync, existsSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { loadUsersAtStart } from '../acl/startup.ts';
import type { LoadedConfig } from '../config/arguments.ts';
import type { Config } from '../config/config.ts';
import type { ModuleToLoad } from '../config/file.ts';
import { CONFIG_FILE, ConfigFile } from '../config/rewrite.ts';
import type { ServerLimits } from '../connection-host.ts';
import { ACCESS } from '../dispatch/access-control.ts';
import type { ShutdownRequest } from '../dispatch/lifecycle.ts';
import { SERVER_FACTS, type ServerFacts } from '../dispatch/server-facts.ts';
import { Instance } from '../instance.ts';
import { systemClock } from '../lib/clock.ts';
import { createLog, type Log } from '../lib/log.ts';
import { systemScheduler } from '../lib/scheduler.ts';
import { systemErrorText } from '../lib/system-error.ts';
import { REDIS_VERSION } from '../lib/version.ts';
import { MODULES } from '../module/host.ts';
import { ModuleLoadError } from '../module/load-error.ts';
import { protectedMode } from '../net/protected-mode.ts';
import { Server } from '../server.ts';
import type { WriteLine } from './log-output.ts';
import { DEFAULT_PID_FILE, PidFile } from './pid-file.ts';
import type { ShutdownSignal } from './signals.ts';
import { ListenError, TcpListeners } from './tcp-listeners.ts';

export interface ServerProcessParts {
  readonly loaded: LoadedConfig;
  readonly write: WriteLine;
  /** Ends the process. */
  readonly exit: (code: number) => void;
  readonly hasArguments: boolean;
}

/** Why the server cannot start; the log has the reason. */
export class StartError extends Error {
  override readonly name = 'StartError';
}

export class ServerProcess {
  readonly log: Log;
  readonly instance: Instance;
  readonly #parts: ServerProcessParts;
  readonly #config: Config;
  readonly #server: Server;
  readonly #tcp: TcpListeners;
  readonly #pidFile: PidFile;
  #isStarted = false;
  #isListening = false;

  constructor(parts: ServerProcessParts) {
    this.#parts = parts;
    const { config, file } = parts.loaded;
    this.#config = config;
    this.log = this.#createLog();
    this.#logStart();
    const system = { clock: systemClock, scheduler: systemScheduler };
    this.instance = new Instance({ ...system, log: this.log, config });
    this.instance.services.set(CONFIG_FILE, this.#createConfigFile());
    this.#facts.configFile = file ?? '';
    this.#server = this.#createServer();
    this.#tcp = new TcpListeners(this.#server, config, this.log);
    const isBackground = config.bool('daemonize');
    const pidFile = config.string('pidfile') || (isBackground ? DEFAULT_PID_FILE : '');
    this.#pidFile = new PidFile(pidFile, this.log);
    this.instance.lifecycle.attach(() => this.#end());
  }

  #createConfigFile(): ConfigFile {
    const { modules, clientServices } = this.instance;
    const file = new ConfigFile(this.#config, this.#parts.loaded.file);
    file.addSource('loadmodule', () => modules.loadLines());
    file.addSource('user', () => {
      if (this.#config.string('aclfile') !== '') return [];
      return clientServices.access.users.sorted().map((user) => `${user.name} ${user.describe()}`);
    });
    return file;
  }

  #createServer(): Server {
    const { services } = this.instance;
    const isProtected = (): boolean =>
      this.#config.bool('protected-mode') && services.get(ACCESS).isOpen;
    return new Server(this.instance, limitsOf(this.#config), protectedMode(isProtected));
  }

  #createLog(): Log {
    const config = this.#config;
    const options = {
      level: config.string('loglevel'),
      format: config.string('log-format'),
      write: this.#parts.write,
      // Until it is set up, Redis does not know what it is going to be.
      role: () => (this.#isStarted ? this.#role() : 'C'),
    };
    config.watch('loglevel', (level) => {
      options.level = level;
    });
    config.watch('log-format', (format) => {
      options.format = format;
    });
    return createLog(options);
  }

  get #facts(): ServerFacts {
    return this.instance.services.get(SERVER_FACTS);
  }

  #role(): 'S' | 'M' {
    return this.#facts.role().role === 'master' ? 'M' : 'S';
  }

  #logStart(): void {
    const { log } = this;
    const { hasArguments, loaded } = this.#parts;
    const bits = process.arch.includes('64') ? 64 : 32;
    log.notice('oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo');
    log.notice(
      `Redis version=${REDIS_VERSION}, bits=${bits}, commit=00000000, modified=0, ` +
        `pid=${process.pid}, just started`,
    );
    if (hasArguments) log.notice('Configuration loaded');
    else log.warning('Warning: no config file specified, using the default config.');
    for (const name of loaded.unknownVariables) {
      log.warning(`The environment variable ${name} names no directive`);
    }
  }

  /** Rejects with StartError when that is not possible. */
  async start(): Promise<void> {
    const { log, instance } = this;
    this.#isStarted = true;
    this.#pidFile.write(process.pid);
    log.notice('monotonic clock: POSIX clock_gettime');
    log.notice(`Running mode=standalone, port=${this.#config.number('port')}.`);
    log.notice('Server initialized');
    await this.#loadModules();
    this.#loadUsers();
    // Before the data is loaded: a second server must not touch the files of the first. Until
    // then clients are told that the data is being loaded.
    instance.executor.isLoading = true;
    const names = await this.#listen();
    await this.#loadData();
    instance.executor.isLoading = false;
    instance.start();
    for (const name of names) log.notice(`Ready to accept connections ${name}`);
  }

  async #loadModules(): Promise<void> {
    const { fileConfigs } = this.instance.modules;
    const { loadmodules, moduleOptions } = this.#parts.loaded;
    for (const [name, value] of moduleOptions) fileConfigs.set(name, value);
    for (const module of loadmodules) await this.#loadModule(module);
    if (fileConfigs.size === 0) return;
    this.log.warning('Unresolved Configuration(s) Detected:');
    for (const [name, value] of fileConfigs) this.log.warning(`>>> '${name} ${value}'`);
    throw this.#failed(
      'Module Configuration detected without loadmodule directive or no ApplyConfig call: aborting',
    );
  }

  async #loadModule({ path, args }: ModuleToLoad): Promise<void> {
    const modules = this.instance.services.get(MODULES);
    try {
      const code = await modules.prepare(path);
      modules.load(code, path, args);
    } catch (error) {
      if (!(error instanceof ModuleLoadError)) throw error;
      this.log.warning(`Module ${path} failed to load: ${error.message}`);
      throw this.#failed(`Can't load module from ${path}: server aborting`);
    }
  }

  #loadUsers(): void {
    const { users } = this.instance.clientServices.access;
    const sources = {
      lines: this.#parts.loaded.users,
      file: this.#config.string('aclfile'),
      directory: this.#config.string('dir'),
    };
    const problem = loadUsersAtStart(users, sources, this.log);
    if (problem !== null) throw this.#failed(problem);
  }

  async #loadData(): Promise<void> {
    try {
      await this.instance.lifecycle.load();
    } catch (error) {
      throw this.#failed(`Fatal error loading the data: ${(error as Error).message}. Exiting.`);
    }
  }

  /** The kinds of sockets that are open now. */
  async #listen(): Promise<string[]> {
    const names: string[] = [];
    if (this.#listenTcp()) names.push('tcp');
    if (this.#config.string('unixsocket') !== '') {
      await this.#listenUnix();
      names.push('unix');
    }
    if (names.length === 0) throw this.#failed('Configured to not listen anywhere, exiting.');
    this.#isListening = true;
    this.#followAddresses();
    return names;
  }

  /** CONFIG SET moves the sockets. */
  #followAddresses(): void {
    const follow = (failure: string) => (): string | undefined => {
      try {
        this.#updateTcp();
        return undefined;
      } catch (error) {
        if (!(error instanceof ListenError)) throw error;
        return failure;
      }
    };
    this.#config.onChange('port', follow('Unable to listen on this port. Check server logs.'));
    this.#config.onChange('bind', follow('Failed to bind to specified addresses.'));
  }

  /** Returns whether there is a TCP socket now; throws a ListenError. */
  #updateTcp(): boolean {
    const facts = this.#facts;
    const bind = this.#tcp.update();
    const others = facts.listeners.filter(({ name }) => name !== 'tcp');
    const port = this.#config.number('port');
    facts.listeners = bind.length === 0 ? others : [{ name: 'tcp', bind, port }, ...others];
    return bind.length > 0;
  }

  #listenTcp(): boolean {
    try {
      return this.#updateTcp();
    } catch (error) {
      if (!(error instanceof ListenError)) throw error;
      throw this.#failed(
        `Failed listening on port ${this.#config.number('port')} (tcp), aborting.`,
      );
    }
  }

  async #listenUnix(): Promise<void> {
    const path = this.#config.string('unixsocket');
    const permissions = this.#config.number('unixsocketperm');
    try {
      rmSync(path, { force: true }); // one that a killed server left behind
      await this.#server.listenUnix(path, this.#config.number('tcp-backlog'));
      if (permissions > 0) chmodSync(path, permissions);
      const facts = this.#facts;
      facts.listeners = [...facts.listeners, { name: 'unix', bind: [path], port: 0 }];
    } catch (error) {
      const reason = error as NodeJS.ErrnoException; // fs and net throw these
      // libuv says EACCES for a folder that is missing.
      if (!existsSync(dirname(path))) reason.code = 'ENOENT';
      throw this.#failed(`Failed opening Unix socket: bind: ${systemErrorText(reason)}`);
    }
  }

  #failed(message: string): StartError {
    this.log.warning(message);
    this.#pidFile.remove();
    return new StartError(message);
  }

  // ---- the end ------------------------------------------------------------------------------

  get isShuttingDown(): boolean {
    return this.instance.lifecycle.isShuttingDown;
  }

  /** A signal came: the same as SHUTDOWN, but there is nobody to tell of errors but the log. */
  async shutDown(signal: ShutdownSignal): Promise<void> {
    if (!this.#isListening || this.instance.executor.isLoading) {
      this.logFromHandler('Received shutdown signal during loading, exiting now.');
      this.#pidFile.remove();
      this.#parts.exit(0);
      return;
    }
    this.logFromHandler(`Received ${signal} scheduling shutdown...`);
    const flags = signal === 'SIGTERM' ? 'shutdown-on-sigterm' : 'shutdown-on-sigint';
    const request = requestOf(this.#config.list(flags));
    if ((await this.instance.lifecycle.shutDown(request)) === 'refused') {
      this.log.warning(
        'Errors trying to shut down the server. Check the logs for more information.',
      );
    }
  }

  /** In the form of lines that Redis writes while it handles a signal. */
  logFromHandler(text: string): void {
    if (this.#config.string('log-format') === 'json') this.log.warning(text);
    else {
      const seconds = Math.floor(systemClock.nowMs() / 1000);
      this.#parts.write(`${process.pid}:signal-handler (${seconds}) ${text}\n`);
    }
  }

  async #end(): Promise<void> {
    this.instance.stop();
    this.#pidFile.remove();
    if (this.#config.string('unixsocket') !== '') this.log.notice('Removing the unix socket file.');
    await this.#server.close(); // which removes the Unix socket
    this.log.warning('Redis is now ready to exit, bye bye...');
    this.#parts.exit(0);
  }
}

/** Kept in fields, because they are asked for with every command. */
function limitsOf(config: Config): () => ServerLimits {
  const limits = { maxClients: 0, bulkMaxBytes: 0, queryBufferMaxBytes: 0 };
  config.watch('maxclients', (count) => {
    limits.maxClients = count;
  });
  config.watch('proto-max-bulk-len', (bytes) => {
    limits.bulkMaxBytes = bytes;
  });
  config.watch('client-query-buffer-limit', (bytes) => {
    limits.queryBufferMaxBytes = bytes;
  });
  return () => limits;
}

/** @param flags of `shutdown-on-sigterm` and `shutdown-on-sigint` */
function requestOf(flags: readonly string[]): ShutdownRequest {
  const saving = flags.includes('save') ? 'save' : flags.includes('nosave') ? 'nosave' : 'default';
  return { saving, isNow: flags.includes('now'), isForced: flags.includes('force') };
}
