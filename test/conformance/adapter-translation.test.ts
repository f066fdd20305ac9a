import {
  chatCompletionSchema,
  type ChatCompletion,
  type ChatDelta,
  type ChatRequest,
  type ModelEntry,
  type ProviderKind,
} from '@sluice/contracts';
import { createModelCatalogue } from '@sluice/core';
import { createProviderAdapter, type ProviderOutcome } from '@sluice/providers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CONFORMANCE_VENDORS } from '../support/conformance-vendors.ts';
import { deepFreeze } from '../support/deep-freeze.ts';
import { scriptedVendorServer, type ScriptedVendorServer } from '../support/scripted-vendor-server.ts';
import { ANSWER_CASES } from '../support/translation/answer-cases.ts';
import { MESSAGE_CASES } from '../support/translation/message-cases.ts';
import { PARAMETER_CASES } from '../support/translation/parameter-cases.ts';
import { REASONING_CASES } from '../support/translation/reasoning-cases.ts';
import { resultTable, type CellResult } from '../support/translation/result-table.ts';
import { TOOL_CASES } from '../support/translation/tool-cases.ts';
import { USUAL_MODELS, type TranslationCase } from '../support/translation/translation-case.ts';

const CASES = [...MESSAGE_CASES, ...TOOL_CASES, ...REASONING_CASES, ...PARAMETER_CASES];
const KINDS = CONFORMANCE_VENDORS.map(({ kind }) => kind);
const TIMEOUTS = { connect_ms: 5_000, first_token_ms: 10_000, total_ms: 20_000 };

let server: ScriptedVendorServer;
const sentCells: CellResult[] = [];
const answerCells: CellResult[] = [];
beforeAll(async () => {
  server = await scriptedVendorServer();
});
afterAll(async () => {
  await server.close();
  console.log(resultTable('what is sent', KINDS, sentCells));
  console.log(resultTable('what comes back', KINDS, answerCells));
});

type Message = ChatCompletion['choices'][number]['message'];

interface Exchange {
  kind: ProviderKind;
  model?: string;
  entry?: ModelEntry;
  request: ChatRequest;
  answer: string | readonly string[];
}

/** One call by a fresh adapter: what reached the vendor, null for nothing, and what came of it. */
async function exchange({ kind, model = 'm', entry = {}, request, answer }: Exchange) {
  const { wire } = CONFORMANCE_VENDORS.find((vendor) => vendor.kind === kind)!;
  const streaming = typeof answer !== 'string';
  server.answer((response) =>
    response
      .writeHead(200, { 'content-type': streaming ? 'text/event-stream' : 'application/json' })
      .end(typeof answer === 'string' ? answer : answer.join('')),
  );
  const before = server.requests.length;
  const deltas: ChatDelta[] = [];
  const adapter = createProviderAdapter({ kind, apiKey: 'sk-test', baseUrl: wire.baseUrl(server.origin) });
  const outcome: ProviderOutcome = await adapter.call({
    model,
    entry,
    request: deepFreeze(request),
    signal: new AbortController().signal,
    timeouts: TIMEOUTS,
    ...(streaming ? { onDelta: (delta) => void deltas.push(delta) } : {}),
  });
  await adapter.close();
  return { body: server.requests[before]?.body ?? null, outcome, deltas };
}

function modelFor(
  kind: ProviderKind,
  { models, entry }: TranslationCase,
): { model: string; entry: ModelEntry } {
  const model = models?.[kind] ?? USUAL_MODELS[kind];
  if (model === undefined) return { model: 'm', entry: entry ?? {} };
  const providers = { [kind]: { kind, timeouts: TIMEOUTS } };
  const known = createModelCatalogue({ overrides: {}, providers }).resolve(`${kind}/${model}`);
  return { model, entry: entry ?? known.entry };
}

/** A stream is asked for by these fields, or by the path alone; the rest of the request is the same. */
function withoutStreamFields(body: string | null): unknown {
  if (body === null) return null;
  const { stream: _, stream_options: __, ...rest } = JSON.parse(body) as Record<string, unknown>;
  return rest;
}

function fileOf(name: string): string {
  return `./translation/${name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')}.json`;
}

const UNSENT = { code: 'invalid_request', status: null, failover: true };
function inShort(outcome: ProviderOutcome) {
  if (outcome.status === 'ok') return 'ok';
  const { code, status, failover } = outcome.error;
  return { code, status, failover };
}

describe('what is sent', () => {
  it.each(CASES)('for $name', async (test) => {
    const rendered: { vendors: string[]; sent: unknown; warnings: string[] }[] = [];
    for (const { kind, wire } of CONFORMANCE_VENDORS) {
      const ask = { kind, ...modelFor(kind, test), request: test.request };
      const plain = await exchange({ ...ask, answer: wire.plain('{}') });
      const streamed = await exchange({ ...ask, answer: wire.stream(['{}']) });
      const warnings = plain.outcome.warnings.map(({ message }) => message);
      expect(streamed.outcome.warnings).toEqual(plain.outcome.warnings);
      // No white space, nothing that would get lost in the file below.
      expect(plain.body).toBe(plain.body && JSON.stringify(JSON.parse(plain.body)));
      expect(withoutStreamFields(streamed.body)).toEqual(withoutStreamFields(plain.body));
      expect(inShort(plain.outcome)).toEqual(plain.body === null ? UNSENT : 'ok');
      const refusal = plain.outcome.status === 'error' ? plain.outcome.error.message : null;
      const sent: unknown = plain.body === null ? `nothing: ${refusal}` : JSON.parse(plain.body);
      const same = rendered.find(
        (one) => JSON.stringify([one.sent, one.warnings]) === JSON.stringify([sent, warnings]),
      );
      if (same) same.vendors.push(kind);
      else rendered.push({ vendors: [kind], sent, warnings });
      const params = plain.outcome.warnings.map(({ code, param }) => `${code} ${param}`);
      const notes = refusal === null ? [...new Set(params)] : [refusal];
      sentCells.push({ row: test.name, column: kind, status: refusal === null ? 'pass' : 'refused', notes });
    }
    await expect(`${JSON.stringify(rendered, null, 2)}\n`).toMatchFileSnapshot(fileOf(test.name));
  });
});

/** The ids are the vendor's where it gives some. */
const GIVES_NO_IDS: ReadonlySet<ProviderKind> = new Set(['google']);
const ASK: ChatRequest = { messages: [{ role: 'user', content: 'U' }] };

describe.each(CONFORMANCE_VENDORS)('what comes back from $kind', ({ kind, wire }) => {
  it.each(ANSWER_CASES)('for $name', async (test) => {
    const expected = (outcome: ProviderOutcome) => {
      if (outcome.status === 'error') throw new Error(outcome.error.message);
      expect(chatCompletionSchema.parse(outcome.completion)).toEqual(outcome.completion);
      expect(outcome.usage).toMatchObject({ prompt_tokens: 12, completion_tokens: 5, cache_read_tokens: 4 });
      const [choice] = outcome.completion.choices;
      expect(choice?.finish_reason).toBe(test.finishReason);
      expect(choice?.message.content).toBe(test.content);
      expect(choice?.message.reasoning).toBe(test.reasoning);
      expect(choice?.message.tool_calls?.map((call) => call.function)).toEqual(test.toolCalls);
      const ids = choice?.message.tool_calls?.map(({ id }) => id);
      expect(ids).toEqual(GIVES_NO_IDS.has(kind) ? ids : test.script.toolCalls?.map(({ id }) => id));
      expect(new Set(ids).size).toBe(test.toolCalls?.length ?? 0);
      return choice;
    };
    const plain = expected(
      (await exchange({ kind, request: ASK, answer: wire.answer(test.script) })).outcome,
    );
    const streamed = await exchange({ kind, request: ASK, answer: wire.answerStream(test.script) });
    const choice = expected(streamed.outcome);
    expect(signaturesOf(choice?.message)).toEqual(signaturesOf(plain?.message));
    expect(joined(streamed.deltas)).toEqual({
      content: choice?.message.content ?? '',
      reasoning: choice?.message.reasoning ?? '',
      details: choice?.message.reasoning_details ?? [],
      calls: choice?.message.tool_calls ?? [],
    });
    answerCells.push({ row: test.name, column: kind, status: 'pass', notes: [] });
  });
});

const THINKS = { thoughts: ['Hm.'], toolCalls: [{ id: 'call_1', name: 'f', arguments: ['{}'] }] };
const isSigner = ({ kind }: { kind: ProviderKind }) => kind === 'anthropic' || kind === 'google';
const thinking = async ({ kind, wire }: (typeof CONFORMANCE_VENDORS)[number]) => {
  const answer = wire.answer({ ...THINKS, finish: 'tool_calls' });
  const { outcome } = await exchange({ kind, request: ASK, answer });
  if (outcome.status === 'error') throw new Error(outcome.error.message);
  return outcome.completion.choices[0]!.message;
};

describe('signed thoughts', () => {
  it.each(CONFORMANCE_VENDORS.filter(isSigner))('go back to $kind as they came', async (vendor) => {
    const message = await thinking(vendor);
    expect(message.reasoning_details).toHaveLength(1);
    const result = { role: 'tool' as const, tool_call_id: message.tool_calls![0]!.id, content: 'r' };
    const tools = [{ type: 'function' as const, function: { name: 'f' } }];
    const request = { messages: [...ASK.messages, message, result], tools } as ChatRequest;
    const { body } = await exchange({ kind: vendor.kind, request, answer: vendor.wire.plain('ok') });
    expect(body).toContain('"signed"');
    expect(body).not.toContain('skip_thought_signature_validator');
  });

  it.each(CONFORMANCE_VENDORS.filter((vendor) => !isSigner(vendor)))(
    'are not made up for $kind',
    async (vendor) => {
      expect(await thinking(vendor)).not.toHaveProperty('reasoning_details');
    },
  );
});

function signaturesOf(message: Pick<Message, 'reasoning_details'> | undefined) {
  return message?.reasoning_details?.map(({ signature, data }) => ({ signature, data }));
}

/** A stream's pieces, put together the way a caller does. */
function joined(deltas: readonly ChatDelta[]) {
  const calls: { id: string; type: 'function'; function: { name: string; arguments: string } }[] = [];
  for (const { tool_calls: pieces = [] } of deltas.map(({ delta }) => delta)) {
    for (const { index, id, function: piece } of pieces) {
      if (id !== undefined) {
        if (index !== calls.length) throw new Error(`call ${calls.length} has index ${index}`);
        calls.push({ id, type: 'function', function: { name: piece.name ?? '', arguments: '' } });
      }
      calls[index]!.function.arguments += piece.arguments ?? '';
    }
  }
  expect(deltas.map(({ delta }) => delta.role)).toEqual(
    deltas.map((_, at) => (at === 0 ? 'assistant' : undefined)),
  );
  return {
    content: deltas.map(({ delta }) => delta.content ?? '').join(''),
    reasoning: deltas.map(({ delta }) => delta.reasoning ?? '').join(''),
    details: deltas.flatMap(({ delta }) => delta.reasoning_details ?? []),
    calls,
  };
}
