type AsyncMethods = Record<string | symbol, (...args: unknown[]) => Promise<unknown>>;

/**
 * An object whose methods look up the real object at each call, and reject with what `current` throws while there
 * is none. For interfaces whose methods all answer promises.
 */
export function deferMethods<Target extends object>(current: () => Target): Target {
  return new Proxy({} as Target, {
    get(_target, name) {
      // Else `await` would take the object for a promise.
      if (name === 'then') return undefined;
      return async (...args: unknown[]) => (current() as unknown as AsyncMethods)[name]?.(...args);
    },
  });
}
