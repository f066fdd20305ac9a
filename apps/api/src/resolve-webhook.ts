import { ApiError } from '@sluice/contracts';
import type { ApiDeps } from './api-deps.ts';
import type { Caller } from './caller.ts';

interface WebhookOption<Type extends string> {
  url?: string | undefined;
  endpoint?: string | undefined;
  events?: readonly Type[] | undefined;
  secret?: string | undefined;
}

type Resolved<Type extends string> = { events: readonly Type[] } & (
  | { url: string; secret: string; endpoint?: never }
  | { endpoint: string; url?: never; secret?: never }
);

/**
 * Where a job or batch wants its events: a URL with the secret that signs, or an endpoint of the caller's tenant.
 * @throws ApiError `invalid_webhook_url`; `not_found` for an endpoint that is not there.
 */
export async function resolveWebhook<Type extends string>(
  {
    webhook,
    caller,
    usual,
  }: {
    webhook: WebhookOption<Type> | undefined;
    caller: Pick<Caller, 'webhooks' | 'webhookSecret'>;
    /** Events of one that names none. */
    usual: readonly Type[];
  },
  { refuseWebhookUrl }: Pick<ApiDeps, 'refuseWebhookUrl'>,
): Promise<Resolved<Type> | null> {
  if (!webhook) return null;
  const { url, endpoint: id, events, secret } = webhook;
  if (id !== undefined) {
    const endpoint = await caller.webhooks.endpoints.get(id);
    if (!endpoint) {
      throw new ApiError('not_found', `There is no webhook endpoint "${id}".`, { param: 'webhook.endpoint' });
    }
    const own = usual.filter((type) => endpoint.events.includes(type));
    return { endpoint: id, events: events ?? (own.length > 0 ? own : usual) };
  }
  const refusal = refuseWebhookUrl(url ?? '');
  if (refusal !== null) {
    throw new ApiError('invalid_webhook_url', `This webhook URL is refused: ${refusal}`, {
      param: 'webhook.url',
    });
  }
  return {
    url: url ?? '',
    events: events ?? usual,
    secret: secret ?? (await caller.webhookSecret()),
  };
}
