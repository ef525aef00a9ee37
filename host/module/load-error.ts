// ModuleLoadError: a module cannot be loaded, through no fault of the server.

/** The message says why, after "module x …", and where there is one, the remedy. */
export class ModuleLoadError extends Error {
  override readonly name = 'ModuleLoadError';
}
