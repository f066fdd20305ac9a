import { z } from 'zod';

/** `whsec_` and the base64 of 24 to 64 random bytes. Source: Standard Webhooks v1, "Signature scheme". */
export const webhookSecretSchema = z.string().refine((text) => {
  if (!/^whsec_[A-Za-z0-9+/]+={0,2}$/.test(text)) return false;
  const bytes = Buffer.from(text.slice('whsec_'.length), 'base64').length;
  return bytes >= 24 && bytes <= 64;
}, 'must be whsec_ followed by the base64 of 24 to 64 random bytes');

/** Where the events of a job or a batch go: a URL, or an endpoint that was made before. */
export function webhookOptionOf<Events extends readonly [string, ...string[]]>(eventTypes: Events) {
  return z
    .strictObject({
      url: z
        .string()
        .max(2048)
        .optional()
        .meta({ description: 'An http or https URL; private addresses are refused.' }),
      endpoint: z
        .string()
        .max(64)
        .optional()
        .meta({ description: 'Id of a webhook endpoint (`we_…`), instead of `url`.' }),
      /** Default: the terminal events; with an endpoint those that it names. */
      events: z.array(z.enum(eventTypes)).min(1).optional(),
      /** Default: the webhook secret of the API key. */
      secret: webhookSecretSchema.optional(),
    })
    .refine((webhook) => (webhook.url === undefined) !== (webhook.endpoint === undefined), {
      path: ['url'],
      error: 'send url or endpoint, and not both',
    })
    .refine((webhook) => webhook.endpoint === undefined || webhook.secret === undefined, {
      path: ['secret'],
      error: 'an endpoint signs with its own secret',
    });
}
