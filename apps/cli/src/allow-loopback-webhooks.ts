import type { Config } from '@sluice/contracts';

const LOOPBACK = ['127.0.0.0/8', '::1/128'];

/** On a developer's machine webhooks may go to that machine itself; other private addresses stay refused. */
export function allowLoopbackWebhooks(config: Config): Config {
  const allowCidrs = [...new Set([...config.webhooks.allow_cidrs, ...LOOPBACK])];
  return { ...config, webhooks: { ...config.webhooks, allow_cidrs: allowCidrs } };
}
