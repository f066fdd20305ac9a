import { describe, expect, test } from 'vitest';
import { loadEnvironment } from './load-environment.ts';

describe('loadEnvironment', () => {
  test('has a default for everything', () => {
    expect(loadEnvironment({})).toMatchObject({
      redisUrl: 'redis://127.0.0.1:6379',
      redisConfigured: false,
      redisPrefix: 'sluice',
      host: '127.0.0.1',
      port: 8420,
      healthPort: null,
      publicBaseUrl: 'http://127.0.0.1:8420',
      adminKey: null,
      logLevel: 'info',
    });
  });

  test('counts empty variables as absent', () => {
    expect(loadEnvironment({ PORT: '', SLUICE_ADMIN_KEY: '', REDIS_URL: '' })).toEqual(loadEnvironment({}));
  });

  test('reads lists of nodes', () => {
    expect(loadEnvironment({ REDIS_CLUSTER: 'a:1, b:2' }).redisCluster).toEqual([
      { host: 'a', port: 1 },
      { host: 'b', port: 2 },
    ]);
    const sentinels = loadEnvironment({ REDIS_SENTINELS: 'a:26379', REDIS_SENTINEL_NAME: 'main' });
    expect(sentinels).toMatchObject({
      redisSentinels: [{ host: 'a', port: 26379 }],
      redisSentinelName: 'main',
    });
  });

  test('makes a base URL that callers can use', () => {
    expect(loadEnvironment({ HOST: '0.0.0.0', PORT: '80' }).publicBaseUrl).toBe('http://127.0.0.1:80');
    expect(loadEnvironment({ HOST: '::1' }).publicBaseUrl).toBe('http://[::1]:8420');
    expect(loadEnvironment({ PUBLIC_BASE_URL: 'https://sluice.example/' }).publicBaseUrl).toBe(
      'https://sluice.example',
    );
  });

  test('names every variable that is wrong', () => {
    const wrong = {
      PORT: '99999',
      REDIS_URL: 'http://x',
      REDIS_PREFIX: 'a b',
      LOG_LEVEL: 'loud',
      REDIS_CLUSTER: 'a',
    };
    let message = '';
    try {
      loadEnvironment(wrong);
    } catch (error) {
      message = (error as Error).message;
    }
    for (const name of Object.keys(wrong)) expect(message).toContain(`  ${name}: `);
  });

  test('refuses Cluster and Sentinel together', () => {
    expect(() => loadEnvironment({ REDIS_CLUSTER: 'a:1', REDIS_SENTINELS: 'b:2' })).toThrow(/not both/);
  });
});
