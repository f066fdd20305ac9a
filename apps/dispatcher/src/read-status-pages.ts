import type { HealthStore } from '@sluice/broker';
import { statusPageSchema, type Config, type StatusPage } from '@sluice/contracts';
import type { EgressClient } from '@sluice/egress';
import type { Logger } from '@sluice/runtime';

/** `minor` and `maintenance` stand on such pages for much that no caller notices. */
const TROUBLE = new Set(['major', 'critical']);
const TIMEOUT_MS = 10_000;
const MAX_BYTES = 1024 * 1024;
const MAX_TEXT = 200;
/** What was read last holds over one page that can't be read. */
const KEPT_INTERVALS = 3;

/**
 * Asks the status pages of the providers that name one. Of several dispatchers one asks. A page that can't be read
 * says nothing.
 */
export async function readStatusPages({
  config,
  egress,
  health,
  logger,
}: {
  config: Pick<Config, 'providers' | 'breaker'>;
  egress: Pick<EgressClient, 'get'>;
  health: Pick<HealthStore, 'takeStatusTurn' | 'reportTrouble'>;
  logger: Logger;
}): Promise<void> {
  const everyMs = config.breaker.status_interval;
  await Promise.all(
    Object.entries(config.providers).map(async ([provider, { status_url: url }]) => {
      if (url === undefined || !(await health.takeStatusTurn(provider, { everyMs: everyMs * 0.9 }))) return;
      const trouble = await askStatusPage(url, egress);
      if (trouble.status === 'unknown') {
        logger.warn({ provider, reason: trouble.reason }, 'the status page could not be read');
        return;
      }
      await health.reportTrouble(provider, trouble.text, { forMs: everyMs * KEPT_INTERVALS });
    }),
  );
}

type PageOutcome = { status: 'read'; text: string | null } | { status: 'unknown'; reason: string };

async function askStatusPage(url: string, egress: Pick<EgressClient, 'get'>): Promise<PageOutcome> {
  const answer = await egress.get(url, {
    timeoutMs: TIMEOUT_MS,
    maxBytes: MAX_BYTES,
    accept: 'application/json',
  });
  if (answer.status !== 'answered') return { status: 'unknown', reason: answer.message };
  if (answer.httpStatus !== 200) return { status: 'unknown', reason: `it answered ${answer.httpStatus}` };
  const page = parsePage(answer.body.toString('utf8'));
  if (!page) return { status: 'unknown', reason: 'it is not in the form of statuspage.io' };
  const { indicator, description } = page.status;
  return {
    status: 'read',
    text: TROUBLE.has(indicator) ? (description || indicator).slice(0, MAX_TEXT) : null,
  };
}

function parsePage(text: string): StatusPage | null {
  try {
    return statusPageSchema.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}
