export interface RedisServerConfigOptions {
  port: number;
  bind: string;
  dataFolder: string;
  password: string;
}

/**
 * Configuration of the embedded Redis: every write is on disk before it is acknowledged, and nothing is evicted.
 * It goes in by stdin, so that the password shows in no process list.
 */
export function redisServerConfig({ port, bind, dataFolder, password }: RedisServerConfigOptions): string {
  return [
    `bind ${bind}`,
    `port ${port}`,
    `requirepass ${password}`,
    `dir ${JSON.stringify(dataFolder)}`,
    'appendonly yes',
    'appendfsync always',
    'maxmemory-policy noeviction',
    // The append-only file is the durable form; snapshots would only cost disk.
    'save ""',
    'loglevel warning',
    '',
  ].join('\n');
}
