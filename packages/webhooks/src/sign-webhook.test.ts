import { createPublicKey, verify } from 'node:crypto';
import { newWebhookKeyPair } from './new-webhook-key-pair.ts';
import { publicKeyOf } from './public-key-of.ts';
import { Webhook } from 'standardwebhooks';
import { webhookSecretSchema } from '@sluice/contracts';
import { expect, test } from 'vitest';
import { newWebhookSecret } from './new-webhook-secret.ts';
import { signWebhook } from './sign-webhook.ts';
import { webhookEventId } from './webhook-event-id.ts';

test('the signature verifies, and not for another body or secret', () => {
  const secret = newWebhookSecret();
  const body = '{"text":"grüße"}';
  const headers = {
    ...signWebhook({ secrets: [secret], eventId: 'evt_1', body, attemptedAtMs: Date.now() }),
  };
  expect(new Webhook(secret).verify(body, headers)).toEqual({ text: 'grüße' });
  expect(() => new Webhook(secret).verify('{}', headers)).toThrow('No matching signature found');
  expect(() => new Webhook(newWebhookSecret()).verify(body, headers)).toThrow('No matching signature found');
});

test('the example of the Standard Webhooks specification', () => {
  const headers = signWebhook({
    secrets: ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'],
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

test('during a rotation the old and the new secret verify; ed25519 signs beside them', () => {
  const [before, after, pair] = [newWebhookSecret(), newWebhookSecret(), newWebhookKeyPair()];
  const attemptedAtMs = Date.now();
  const body = '{"a":1}';
  const headers = signWebhook({ secrets: [after, before, pair], eventId: 'evt_1', body, attemptedAtMs });
  for (const secret of [before, after]) {
    expect(new Webhook(secret).verify(body, { ...headers })).toEqual({ a: 1 });
  }
  const signature = headers['webhook-signature'].split(' ').find((each) => each.startsWith('v1a,')) ?? '';
  const open = Buffer.from((publicKeyOf(pair) ?? '').slice('whpk_'.length), 'base64').toString('base64url');
  const key = createPublicKey({ format: 'jwk', key: { kty: 'OKP', crv: 'Ed25519', x: open } });
  const signed = Buffer.from(`evt_1.${headers['webhook-timestamp']}.${body}`);
  expect(verify(null, signed, key, Buffer.from(signature.slice('v1a,'.length), 'base64'))).toBe(true);
});
