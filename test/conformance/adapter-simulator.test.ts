import { chatRequestSchema, type ProviderKind } from '@sluice/contracts';
import { checkRequest, createModelCatalogue } from '@sluice/core';
import { createProviderAdapter, type ProviderAdapter } from '@sluice/providers';
import { startSimulator, type Simulator } from '@sluice/simulator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deepFreeze } from '../support/deep-freeze.ts';
import { MESSAGE_CASES } from '../support/translation/message-cases.ts';
import { PARAMETER_CASES } from '../support/translation/parameter-cases.ts';
import { REASONING_CASES } from '../support/translation/reasoning-cases.ts';
import { TOOL_CASES } from '../support/translation/tool-cases.ts';
import { USUAL_MODELS, type TranslationCase } from '../support/translation/translation-case.ts';

const KINDS = ['openai', 'anthropic', 'google'] as const satisfies readonly ProviderKind[];
const TIMEOUTS = { connect_ms: 5_000, first_token_ms: 10_000, total_ms: 20_000 };
const CASES = [...MESSAGE_CASES, ...TOOL_CASES, ...REASONING_CASES, ...PARAMETER_CASES];

let simulator: Simulator;
const adapters = new Map<ProviderKind, ProviderAdapter>();
beforeAll(async () => {
  simulator = await startSimulator({ config: { latency: { p50_ms: 0, tokens_per_second: 0 } } });
  for (const kind of KINDS) {
    adapters.set(kind, createProviderAdapter({ kind, apiKey: 'key', baseUrl: simulator.urlFor(kind) }));
  }
});
afterAll(async () => {
  for (const adapter of adapters.values()) await adapter.close();
  await simulator.close();
});

function callOf(kind: ProviderKind, { request, models, entry }: TranslationCase) {
  const model = models?.[kind] ?? USUAL_MODELS[kind]!;
  const providers = { [kind]: { kind, timeouts: TIMEOUTS } };
  const known = createModelCatalogue({ overrides: {}, providers }).resolve(`${kind}/${model}`);
  return {
    model,
    entry: entry ?? known.entry,
    request: deepFreeze(chatRequestSchema.parse(request)),
    signal: new AbortController().signal,
    timeouts: TIMEOUTS,
  };
}

/** A vendor as strict as the real one takes what is sent for each case, unless the check before it refuses. */
describe.each(KINDS)('the simulated %s', (kind) => {
  it.each(CASES.filter(({ forgedFor }) => forgedFor !== kind))('takes $name', async (test) => {
    const call = callOf(kind, test);
    const { request, entry, model } = call;
    const check = checkRequest({ request, entry, target: `${kind}/${model}`, vendor: kind });
    const adapter = adapters.get(kind)!;
    const outcomes = [await adapter.call(call), await adapter.call({ ...call, onDelta: () => undefined })];
    const told = outcomes.map((outcome) => (outcome.status === 'ok' ? 'ok' : outcome.error.message));
    // What is refused beforehand is never sent, so what an adapter would make of it does not matter.
    const expected = check.status === 'ok' ? ['ok', 'ok'] : told;
    expect(told).toEqual(expected);
  });

  it('takes its own thoughts back in a tool loop', async () => {
    const tools = [{ type: 'function' as const, function: { name: 'look_up' } }];
    const first = { messages: [{ role: 'user' as const, content: 'Call look_up, please.' }], tools };
    const ask = (request: TranslationCase['request']) =>
      adapters
        .get(kind)!
        .call(callOf(kind, { name: '', request: { ...request, reasoning_effort: 'medium' } }));
    const called = await ask(first);
    if (called.status === 'error') throw new Error(called.error.message);
    const message = called.completion.choices[0]!.message;
    const results = message.tool_calls!.map(({ id }) => ({
      role: 'tool' as const,
      tool_call_id: id,
      content: 'r',
    }));
    const answered = await ask({ ...first, messages: [...first.messages, message, ...results] });
    expect(answered).toMatchObject({ status: 'ok', completion: { choices: [{ finish_reason: 'stop' }] } });
  });
});
