import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

export interface Script {
  name: string;
  source: string;
  sha: string;
}

const prelude = readLua('prelude');

/** Reads `src/lua/<name>.lua` with the shared functions before it. */
export function loadScript(name: string): Script {
  const source = `${prelude}\n${readLua(name)}`;
  return { name, source, sha: createHash('sha1').update(source).digest('hex') };
}

function readLua(name: string): string {
  return readFileSync(new URL(`./lua/${name}.lua`, import.meta.url), 'utf8');
}
