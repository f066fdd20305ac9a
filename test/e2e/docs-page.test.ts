import { chromium } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type DevBroker, startDevBroker } from './start-dev-broker.ts';
import { browserPath } from './browser-path.ts';

const executablePath = browserPath();

let broker: DevBroker;
beforeAll(async () => {
  broker = await startDevBroker();
});
afterAll(async () => {
  await broker.close();
});

// Without a browser: the test runner says so, and fails in CI (scripts/test.mjs).
test.skipIf(executablePath === null)(
  'the docs page shows every operation, from this server alone',
  async () => {
    const browser = await chromium.launch({ executablePath: executablePath ?? '', args: ['--no-sandbox'] });
    try {
      const page = await browser.newPage();
      const problems: string[] = [];
      page.on('pageerror', (error) => problems.push(error.message));
      page.on('request', (request) => {
        if (!request.url().startsWith(broker.url) && !request.url().startsWith('data:'))
          problems.push(request.url());
      });
      await page.goto(`${broker.url}/docs`);
      await page.locator('.opblock').first().waitFor();

      const shown = await page.locator('.opblock-summary-path').allInnerTexts();
      const document = (await (await fetch(`${broker.url}/openapi.json`)).json()) as {
        paths: Record<string, object>;
        webhooks: Record<string, object>;
      };
      const paths = shown.map((path) => path.replaceAll('\u200b', ''));
      const documented = [...Object.keys(document.paths), ...Object.keys(document.webhooks)];
      expect(new Set(paths)).toEqual(new Set(documented));
      expect(paths).toContain('/v1/jobs');
      expect(problems).toEqual([]);
    } finally {
      await browser.close();
    }
  },
);
