/** A key as it may be shown: enough to tell two apart. */
export function maskKey(key: string): string {
  return key.length <= 8 ? `${key.slice(0, 2)}***` : `${key.slice(0, 4)}***${key.slice(-4)}`;
}
