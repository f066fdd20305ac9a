import { createHash } from 'node:crypto';
import { randomText } from '../random-text.ts';
import type { SimulatedCompletion, WireFrames } from '../vendor-wire.ts';

function fingerprint(model: string): string {
  return `fp_${createHash('sha256').update(model).digest('hex').slice(0, 10)}`;
}

function usageOf({ promptTokens, completionTokens }: SimulatedCompletion): object {
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
    prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: 0,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  };
}

function finishReason(finish: SimulatedCompletion['finish']): string {
  if (finish === 'length') return 'length';
  return finish === 'refusal' || finish === 'prompt_blocked' ? 'content_filter' : 'stop';
}

function newId(): string {
  return `chatcmpl-${randomText(29)}`;
}

/** The body of a plain chat completion. */
export function openaiCompletion(completion: SimulatedCompletion): string {
  const { chat, finish } = completion;
  const refused = finish === 'refusal';
  return `${JSON.stringify(
    {
      id: newId(),
      object: 'chat.completion',
      created: completion.createdSeconds,
      model: chat.model,
      choices: [
        {
          index: 0,
          message: {
            role: 'assistant',
            content: refused ? null : completion.text,
            refusal: refused ? completion.text : null,
            annotations: [],
          },
          logprobs: null,
          finish_reason: finishReason(finish),
        },
      ],
      usage: usageOf(completion),
      service_tier: 'default',
      system_fingerprint: fingerprint(chat.model),
    },
    null,
    2,
  )}\n`;
}

/** The chunks of a streamed chat completion; `usage` is null in all but the last when usage was asked for. */
export function openaiFrames(completion: SimulatedCompletion): WireFrames {
  const { chat, finish } = completion;
  const shared = {
    id: newId(),
    object: 'chat.completion.chunk',
    created: completion.createdSeconds,
    model: chat.model,
    service_tier: 'default',
    system_fingerprint: fingerprint(chat.model),
  };
  const usage = chat.includeUsage ? { usage: null } : {};
  const chunk = (delta: object, reason: string | null): string =>
    `data: ${JSON.stringify({
      ...shared,
      choices: [{ index: 0, delta, logprobs: null, finish_reason: reason }],
      ...usage,
    })}\n\n`;
  const pieces =
    finish === 'refusal'
      ? [chunk({ refusal: completion.text }, null)]
      : completion.pieces.map((content) => chunk({ content }, null));
  const tail = [chunk({}, finishReason(finish))];
  if (chat.includeUsage) {
    tail.push(`data: ${JSON.stringify({ ...shared, choices: [], usage: usageOf(completion) })}\n\n`);
  }
  tail.push('data: [DONE]\n\n');
  return { head: [chunk({ role: 'assistant', content: '', refusal: null }, null)], pieces, tail };
}
