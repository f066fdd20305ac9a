import { createHash } from 'node:crypto';

/**
 * The lane of a delivery: its endpoint, or else the tenant and the host of its URL. Not the whole URL, which often
 * names the job: then every delivery would have a lane of its own and nothing would bound them together.
 */
export function laneOf({
  tenant,
  url,
  endpoint,
}: {
  tenant: string;
  url: string;
  endpoint?: string | null;
}): string {
  if (endpoint) return endpoint;
  const origin = URL.canParse(url) ? new URL(url).origin : url;
  return `url_${createHash('sha256').update(`${tenant} ${origin}`).digest('hex').slice(0, 24)}`;
}
