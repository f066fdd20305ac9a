import { defineConfig } from 'vitest/config';

/**
 * Unit tests sit beside the source; behaviour tests in `test/`, one project per kind, so that one kind can be run
 * alone: `npx vitest run --project unit`.
 */
export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: 2,
    projects: [
      { test: { name: 'unit', include: ['{packages,apps}/*/src/**/*.test.ts'], testTimeout: 20_000 } },
      ...['conformance', 'integration', 'e2e', 'chaos'].map((name) => ({
        test: { name, include: [`test/${name}/**/*.test.ts`], testTimeout: 60_000, hookTimeout: 60_000 },
      })),
    ],
  },
});
