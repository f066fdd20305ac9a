import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { createFreshBroker, type FreshBroker } from './fresh-broker.ts';
import { startTestRedis, type TestRedis } from './redis-for-tests.ts';

/** A Redis for the tests of the file or `describe` that calls this, and a broker of its own for each; gives the current one. */
export function freshBrokerEach(): () => FreshBroker {
  let server: TestRedis;
  let fresh: FreshBroker;
  beforeAll(async () => {
    server = await startTestRedis();
  });
  afterAll(() => server.close());
  beforeEach(() => {
    fresh = createFreshBroker(server.url);
  });
  afterEach(() => fresh.close());
  return () => fresh;
}
