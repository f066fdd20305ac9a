const NAME = /^[A-Za-z0-9_-]{1,128}$/;

/** The name as it is; a name that could lead elsewhere is a fault of ours. */
export function fileName(name: string): string {
  if (!NAME.test(name)) throw new RangeError(`"${name}" can't be the name of a stored file`);
  return name;
}
