import type { ApiDeps } from './api-deps.ts';
import type { ApiServer } from './api-server.ts';

const READING = new Set(['GET', 'HEAD']);

/** Writes down every change that needs the scope `admin`, refused ones included, before its answer goes out. */
export function addAuditLog(app: ApiServer, { audit }: Pick<ApiDeps, 'audit'>): void {
  app.addHook('onSend', async (request, reply, payload) => {
    const { config, schema, url } = request.routeOptions;
    if (config.access !== 'admin' || READING.has(request.method)) return payload;
    const { operationId } = (schema ?? {}) as { operationId?: string };
    const params = Object.values((request.params ?? {}) as Record<string, string>);
    try {
      await audit.append({
        action: operationId ?? `${request.method} ${url}`,
        keyId: request.caller.keyId,
        tenant: request.caller.tenant,
        target: params.length > 0 ? params.join('/') : null,
        details: request.body ? JSON.stringify(request.body) : null,
        status: reply.statusCode,
        requestId: request.id,
        address: request.ip,
      });
    } catch (error) {
      request.log.error({ err: error }, 'an administrative change was not written to the audit log');
    }
    return payload;
  });
}
