import { loadEnvironment } from '@sluice/runtime';
import { expect, test } from 'vitest';
import { withPort } from './with-port.ts';

test('the public address follows the port', async () => {
  const environment = await withPort(loadEnvironment({}), 9999);

  expect(environment).toMatchObject({ port: 9999, publicBaseUrl: 'http://127.0.0.1:9999' });
});

test('a public address that was set on purpose stays', async () => {
  const environment = await withPort(
    loadEnvironment({ PUBLIC_BASE_URL: 'https://sluice.example.com' }),
    9999,
  );

  expect(environment.publicBaseUrl).toBe('https://sluice.example.com');
});

test('port 0 becomes a free port in both', async () => {
  const { port, publicBaseUrl } = await withPort(loadEnvironment({}), 0);

  expect(port).toBeGreaterThan(1_023);
  expect(publicBaseUrl).toBe(`http://127.0.0.1:${port}`);
});
