// Finding a feature without importing it from below: the instance registers each feature under
// a typed key, commands of that feature ask for it.

/** Names a service of type T. */
export class ServiceKey<T> {
  readonly name: string;
  /** Never set; ties T to the key. */
  declare readonly type: T;

  constructor(name: string) {
    this.name = name;
  }
}

/** The features of one instance. */
export class Services {
  readonly #byKey = new Map<ServiceKey<unknown>, unknown>();

  set<T>(key: ServiceKey<T>, service: T): void {
    this.#byKey.set(key, service);
  }

  /** Throws when the instance was put together without it: a bug, not a client's fault. */
  get<T>(key: ServiceKey<T>): T {
    const service = this.#byKey.get(key);
    if (service === undefined) throw new Error(`service ${key.name} is not registered`);
    return service as T; // set() only accepts a T under this key
  }
}
