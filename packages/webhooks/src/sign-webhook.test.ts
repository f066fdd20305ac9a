import { Webhook } from 'standardwebhooks';
import { webhookSecretSchema } from '@sluice/contracts';
import { expect, test } from 'vitest';
import { newWebhookSecret } from './new-webhook-secret.ts';
import { signWebhook } from './sign-webhook.ts';
import { webhookEventId } from './webhook-event-id.ts';

test('the signature verifies, and not for another body or secret', () => {
  const secret = newWebhookSecret();
  const body = '{"text":"grüße"}';
  const headers = { ...signWebhook({ secret, eventId: 'evt_1', body, attemptedAtMs: Date.now() }) };
  expect(new Webhook(secret).verify(body, headers)).toEqual({ text: 'grüße' });
  expect(() => new Webhook(secret).verify('{}', headers)).toThrow('No matching signature found');
  expect(() => new Webhook(newWebhookSecret()).verify(body, headers)).toThrow('No matching signature found');
});

test('the example of the Standard Webhooks specification', () => {
  const headers = signWebhook({
    secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    eventId: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    body: '{"test": 2432232314}',
    attemptedAtMs: 1_614_265_330_999,
  });
  expect(headers).toEqual({
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  });
});

test('a new secret is one that callers could have given', () => {
  expect(webhookSecretSchema.safeParse(newWebhookSecret()).success).toBe(true);
  expect(newWebhookSecret()).not.toBe(newWebhookSecret());
});

test('an event id depends on job and sequence number alone and holds no dot', () => {
  expect(webhookEventId('job_a', 3)).toBe(webhookEventId('job_a', 3));
  expect(webhookEventId('job_a', 3)).toMatch(/^evt_[0-9a-f]{32}$/);
  expect(
    new Set([webhookEventId('job_a', 3), webhookEventId('job_a', 4), webhookEventId('job_b', 3)]).size,
  ).toBe(3);
});
