import type { ChatCompletion } from '@sluice/contracts';
import { encryptedReasoning } from './encrypted-reasoning.ts';

export type ItemStatus = 'in_progress' | 'completed' | 'incomplete';

export type OutputPart =
  | { type: 'output_text'; text: string; annotations: unknown[]; logprobs: unknown[] }
  | { type: 'refusal'; refusal: string };

export type OutputItem =
  | {
      id: string;
      type: 'reasoning';
      summary: { type: 'summary_text'; text: string }[];
      encrypted_content: string | null;
      status: ItemStatus;
    }
  | { id: string; type: 'message'; role: 'assistant'; status: ItemStatus; content: OutputPart[] }
  | {
      id: string;
      type: 'function_call';
      call_id: string;
      name: string;
      arguments: string;
      status: ItemStatus;
    };

/** Ids of an answer's items: derived from the job's, so that they are the same however often they are asked for. */
export function outputItemIds(jobId: string) {
  const stem = jobId.replace(/^job_/, '');
  return { reasoning: `rs_${stem}`, message: `msg_${stem}`, call: (index: number) => `fc_${stem}_${index}` };
}

/** The job whose answer an item is of; null when it is no id of an item. */
export function jobIdOfItem(id: string): string | null {
  const stem = /^(?:rs|msg|fc)_([0-9a-z]+)(?:_\d+)?$/i.exec(id)?.[1];
  return stem === undefined ? null : `job_${stem}`;
}

/** The first choice of a completion as the output items of a response: reasoning, message, function calls. */
export function responseOutput(result: ChatCompletion, jobId: string): OutputItem[] {
  const [choice] = result.choices;
  if (!choice) return [];
  const ids = outputItemIds(jobId);
  const {
    content,
    refusal,
    tool_calls: calls = [],
    reasoning,
    reasoning_details: details = [],
  } = choice.message;
  const isCut = choice.finish_reason === 'length' || choice.finish_reason === 'content_filter';
  const status: ItemStatus = isCut ? 'incomplete' : 'completed';
  const items: OutputItem[] = [];
  if (reasoning || details.length > 0) {
    items.push({
      id: ids.reasoning,
      type: 'reasoning',
      summary: reasoning ? [{ type: 'summary_text', text: reasoning }] : [],
      encrypted_content: details.length > 0 ? encryptedReasoning(details) : null,
      status: 'completed',
    });
  }
  const parts: OutputPart[] = [];
  if (content) {
    const { annotations = [] } = choice.message;
    const logprobs = choice.logprobs?.content ?? [];
    parts.push({
      type: 'output_text',
      text: content,
      annotations: [...annotations],
      logprobs: [...logprobs],
    });
  }
  if (refusal) parts.push({ type: 'refusal', refusal });
  if (parts.length > 0 || calls.length === 0) {
    const empty: OutputPart = { type: 'output_text', text: '', annotations: [], logprobs: [] };
    items.push({
      id: ids.message,
      type: 'message',
      role: 'assistant',
      status,
      content: parts.length > 0 ? parts : [empty],
    });
  }
  for (const [index, { id, function: called }] of calls.entries()) {
    items.push({
      id: ids.call(index),
      type: 'function_call',
      call_id: id,
      name: called.name,
      arguments: called.arguments,
      status,
    });
  }
  return items;
}
