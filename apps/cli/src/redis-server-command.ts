import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { CliError } from './cli-error.ts';

export interface RedisServerCommand {
  command: string;
  arguments: readonly string[];
  /** Where the server sees the data folder. */
  dataFolder: string;
  /** Address that the server binds; in a container the port is published on 127.0.0.1 only. */
  bind: string;
}

const IMAGE = 'redis:8-bookworm';

/** How to run a Redis that reads its configuration from stdin: a binary on the PATH, else a container. */
export function redisServerCommand({ folder, port }: { folder: string; port: number }): RedisServerCommand {
  const dataFolder = resolve(folder);
  for (const command of ['redis-server', 'valkey-server']) {
    if (works(command, ['--version'])) return { command, arguments: ['-'], dataFolder, bind: '127.0.0.1' };
  }
  if (works('docker', ['info'])) {
    const user = process.getuid ? ['--user', `${process.getuid()}:${process.getgid?.() ?? 0}`] : [];
    const publish = ['--publish', `127.0.0.1:${port}:${port}`, '--volume', `${dataFolder}:/data`];
    return {
      command: 'docker',
      arguments: ['run', '--rm', '--interactive', ...user, ...publish, IMAGE, 'redis-server', '-'],
      dataFolder: '/data',
      bind: '0.0.0.0',
    };
  }
  throw new CliError('No Redis can be had: install redis-server, start Docker, or set REDIS_URL.');
}

function works(command: string, commandArguments: readonly string[]): boolean {
  return spawnSync(command, commandArguments, { stdio: 'ignore', timeout: 10_000 }).status === 0;
}
