import type { Target } from '@sluice/contracts';
import { describe, expect, test } from 'vitest';
import { mayCall } from './may-call.ts';
import { chainOf, codes, plan } from './plan-for-test.ts';

describe('what leaves a target out', () => {
  const IMAGE = { type: 'image_url' as const, image_url: { url: 'https://example.com/cat.png' } };
  test('a prompt that surely does not fit the window', () => {
    const request = { messages: [{ role: 'user' as const, content: 'word '.repeat(3_000) }] };
    const outcome = plan({ chain: ['local/small', 'openai/gpt-5.4'], request });
    expect(codes(outcome)).toEqual({ 'local/small': 'context_window' });
    expect(outcome).toMatchObject({ warnings: [{ code: 'target_skipped', target: 'local/small' }] });
  });

  test('tools and images that the model can’t take', () => {
    const tools = [{ type: 'function' as const, function: { name: 'f', parameters: { type: 'object' } } }];
    expect(codes(plan({ chain: ['local/small', 'openai/gpt-5.4'], request: { tools } }))).toEqual({
      'local/small': 'capability',
    });
    const messages = [{ role: 'user' as const, content: [IMAGE] }];
    expect(codes(plan({ chain: ['local/small', 'openai/gpt-5.4'], request: { messages } }))).toEqual({
      'local/small': 'capability',
    });
  });

  test('a mode of reasoning only when another target has one', () => {
    const request = { reasoning_effort: 'high' as const };
    expect(chainOf(plan({ chain: ['openai/gpt-4o', 'openai/gpt-5.4'], request }))).toEqual([
      'openai/gpt-5.4',
    ]);
    expect(chainOf(plan({ chain: ['openai/gpt-4o'], request }))).toEqual(['openai/gpt-4o']);
  });

  test('residency: by region of provider and model; unknown fails closed; a part of a region is in it', () => {
    const chain: Target[] = [
      'openai/gpt-5.4',
      'anthropic/claude-haiku-4-5',
      'google/gemini-2.5-flash',
      'google/pinned',
    ];
    const outcome = plan({ chain, residency: ['eu'] });
    expect(chainOf(outcome)).toEqual(['anthropic/claude-haiku-4-5', 'google/pinned']);
    expect(codes(outcome)).toEqual({ 'openai/gpt-5.4': 'residency', 'google/gemini-2.5-flash': 'residency' });
  });

  test('of a pool of keys one that may be used is enough, and is the only one that may', () => {
    const api_keys = [
      { name: 'west', key: 'k1', region: 'us' },
      { name: 'home', key: 'k2', region: 'eu', zero_retention: true },
    ];
    const provider = { region: 'us', api_keys };
    const subject = {
      target: 'p/m' as const,
      model: { entry: {}, vendor: 'openai' },
      provider,
      request: null,
    };
    const policy = { filters: { residency: ['eu'], zero_retention: true } };
    expect(mayCall(subject, policy).status).toBe('ok');
    expect(mayCall({ ...subject, key: api_keys[1] }, policy).status).toBe('ok');
    expect(mayCall({ ...subject, key: api_keys[0] }, policy)).toMatchObject({
      status: 'no',
      code: 'residency',
    });
    const elsewhere = { ...subject, model: { entry: { region: 'us' }, vendor: 'openai' } };
    expect(mayCall(elsewhere, policy)).toMatchObject({ status: 'no', code: 'residency' });
  });

  test('residency and retention that the key forces hold whatever the job asks', () => {
    const forced = (policy: object) => ({ caller: { tenant: 't', keyId: 'k', forced: policy } });
    expect(chainOf(plan({ route: 'three', residency: ['us'] }, forced({ residency: ['eu'] })))).toEqual([]);
    expect(chainOf(plan({ route: 'three' }, forced({ residency: ['eu'] })))).toEqual([
      'anthropic/claude-haiku-4-5',
    ]);
    expect(codes(plan({ route: 'three' }, forced({ zero_retention: true })))).toEqual({
      'openai/gpt-5.4-mini': 'zero_retention',
      'google/gemini-2.5-flash': 'zero_retention',
    });
  });

  test('zero_retention', () => {
    expect(chainOf(plan({ route: 'three', zero_retention: true }))).toEqual(['anthropic/claude-haiku-4-5']);
  });

  test('quality: classes below, and unknown ones above the least', () => {
    const chain: Target[] = [
      'openai/gpt-5.4-nano',
      'openai/gpt-5.4-mini',
      'anthropic/claude-opus-5',
      'router/x/y',
    ];
    expect(chainOf(plan({ chain, quality: 'low' }))).toEqual(chain);
    expect(chainOf(plan({ chain, quality: 'standard' }))).toEqual([
      'openai/gpt-5.4-mini',
      'anthropic/claude-opus-5',
    ]);
    expect(chainOf(plan({ chain, quality: 'high' }))).toEqual(['anthropic/claude-opus-5']);
  });

  test('max_cost_usd: dearer ones, and those without a price; own servers cost nothing', () => {
    const chain: Target[] = ['openai/gpt-5.4-mini', 'anthropic/claude-opus-5', 'router/x/y', 'local/small'];
    const request = { max_tokens: 1_000 };
    expect(codes(plan({ chain, max_cost_usd: 0.01, request }))).toEqual({
      'anthropic/claude-opus-5': 'max_cost',
      'router/x/y': 'max_cost',
    });
  });

  test('max_latency_ms: recent p95 and wait together', () => {
    const targets = {
      'openai/gpt-5.4-mini': {
        waitMs: { standard: 600 },
        latency: { standard: { firstTokenP50Ms: 1, totalP50Ms: 200, totalP95Ms: 500 } },
      },
    };
    expect(codes(plan({ max_latency_ms: 1_000 }, { targets }))).toEqual({
      'openai/gpt-5.4-mini': 'max_latency',
    });
    expect(codes(plan({ max_latency_ms: 1_100 }, { targets }))).toEqual({});
  });

  test('what the key may not use', () => {
    const forced = (policy: object) => ({ caller: { tenant: 't', keyId: 'k', forced: policy } });
    expect(chainOf(plan({ route: 'three' }, forced({ providers: ['google'] })))).toEqual([
      'google/gemini-2.5-flash',
    ]);
    expect(chainOf(plan({ route: 'three' }, forced({ denied_providers: ['openai', 'google'] })))).toEqual([
      'anthropic/claude-haiku-4-5',
    ]);
    expect(chainOf(plan({ route: 'three' }, forced({ models: ['gpt-5.4-mini'] })))).toEqual([
      'openai/gpt-5.4-mini',
    ]);
    expect(
      chainOf(plan({ route: 'three' }, forced({ denied_models: ['openai/gpt-5.4-mini'] }))),
    ).toHaveLength(2);
    expect(plan({ route: 'three' }, forced({ routes: ['short'] }))).toMatchObject({
      code: 'not_allowed',
      param: 'route',
    });
    expect(plan({ chain: ['openai/gpt-5.4'] }, forced({ routes: ['short'] }))).toMatchObject({
      code: 'not_allowed',
    });
    expect(plan({ route: 'short' }, forced({ routes: ['short'] }))).toMatchObject({ status: 'ok' });
  });
});
