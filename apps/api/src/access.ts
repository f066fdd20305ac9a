import type { ApiKeyScope } from '@sluice/contracts';

/** `none`: any key will do. */
type Access = ApiKeyScope | 'none';

/** Which scope a path under `/v1` needs: to read (GET and HEAD) and to change something. The first that fits counts. */
const ACCESS: readonly { path: RegExp; read: Access; write: Access }[] = [
  { path: /^\/jobs\b/, read: 'jobs:read', write: 'jobs:write' },
  { path: /^\/chat\/completions$/, read: 'jobs:read', write: 'jobs:write' },
  { path: /^\/responses\b/, read: 'jobs:read', write: 'jobs:write' },
  { path: /^\/models\b/, read: 'none', write: 'admin' },
  { path: /^\/routes\/explain$/, read: 'jobs:read', write: 'jobs:read' },
  { path: /^\/(files|batches|messages\/batches)\b/, read: 'batches', write: 'batches' },
  {
    path: /^\/(webhook_endpoints|webhook_deliveries|webhook_events|webhook_secret)\b/,
    read: 'webhooks',
    write: 'webhooks',
  },
  { path: /^\/(usage|budgets)\b/, read: 'usage:read', write: 'admin' },
  { path: /^\/templates\b/, read: 'jobs:read', write: 'admin' },
  { path: /^\/(keys|providers|queues|alerts|audit_log)\b/, read: 'admin', write: 'admin' },
];

/**
 * The scope that a route under `/v1` needs. Asked when the route is added, so that one that nobody thought of stops
 * the process at its start.
 * @throws Error for a path that is not listed.
 */
export function accessOf({ method, path }: { method: string; path: string }): Access {
  const rule = ACCESS.find((entry) => entry.path.test(path));
  if (!rule) throw new Error(`No scope is named for ${method} ${path}: add it to access.ts.`);
  return method === 'GET' || method === 'HEAD' ? rule.read : rule.write;
}
