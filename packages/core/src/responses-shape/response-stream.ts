import type { JobEvent } from '@sluice/contracts';
import { outputItemIds, responseOutput, type OutputItem, type OutputPart } from './response-output.ts';
import { toResponse, type ResponseFacts } from './to-response.ts';

export interface ResponseEvent {
  type: string;
  sequence_number: number;
  [field: string]: unknown;
}

export interface ResponseStream {
  /** What an event of the job, other than its last, becomes. */
  ofEvent(event: JobEvent): ResponseEvent[];
  /** What the end of the job becomes. */
  ofEnd(facts: ResponseFacts): ResponseEvent[];
}

type Delta = Extract<JobEvent, { type: 'job.delta' }>['delta'];
type Message = Extract<OutputItem, { type: 'message' }>;
type PartType = OutputPart['type'];

/** An item that has been announced; `parts` in the order in which they were. */
interface OpenItem {
  id: string;
  parts: PartType[];
}

/**
 * A job's events as OpenAI's response events, numbered from 0. They are a pure function of the job's stored events
 * and its result: read from the first event on, the same numbers always name the same events, which is what
 * `starting_after` relies on. There is one item of reasoning, one message, and one for each function call, indexed in
 * the order in which they appear; all of them are closed at the end.
 * `response.restarted` (only when the caller opted in) voids all output so far.
 * Source: OpenAI API reference, "Streaming events".
 */
export function createResponseStream(facts: ResponseFacts): ResponseStream {
  const { jobId } = facts;
  const ids = outputItemIds(jobId);
  const early = { ...facts, finishedAtMs: null, result: null, error: null };
  let sequenceNumber = 0;
  let open: OpenItem[] = [];
  let hasStarted = false;

  const event = (type: string, fields: object): ResponseEvent => {
    const numbered = { type, sequence_number: sequenceNumber, ...fields };
    sequenceNumber += 1;
    return numbered;
  };
  const place = (item: OpenItem): { item_id: string; output_index: number } => ({
    item_id: item.id,
    output_index: open.indexOf(item),
  });

  const announce = (item: OutputItem): [OpenItem, ResponseEvent[]] => {
    const known = open.find(({ id }) => id === item.id);
    if (known) return [known, []];
    const added: OpenItem = { id: item.id, parts: [] };
    open.push(added);
    return [added, [event('response.output_item.added', { output_index: open.length - 1, item })]];
  };

  const reasoning = (text: string): ResponseEvent[] => {
    const empty: OutputItem = {
      id: ids.reasoning,
      type: 'reasoning',
      summary: [],
      encrypted_content: null,
      status: 'in_progress',
    };
    const [item, events] = announce(empty);
    const at = { ...place(item), summary_index: 0 };
    if (text === '') return events;
    if (item.parts.length === 0) {
      item.parts.push('output_text');
      const part = { type: 'summary_text', text: '' };
      events.push(event('response.reasoning_summary_part.added', { ...at, part }));
    }
    return [...events, event('response.reasoning_summary_text.delta', { ...at, delta: text })];
  };

  const text = (type: PartType, piece: string): ResponseEvent[] => {
    const empty: OutputItem = {
      id: ids.message,
      type: 'message',
      role: 'assistant',
      status: 'in_progress',
      content: [],
    };
    const [item, events] = announce(empty);
    if (!item.parts.includes(type)) {
      item.parts.push(type);
      const at = { ...place(item), content_index: item.parts.indexOf(type) };
      events.push(event('response.content_part.added', { ...at, part: emptyPart(type) }));
    }
    if (piece === '') return events;
    const at = { ...place(item), content_index: item.parts.indexOf(type) };
    const logprobs = type === 'output_text' ? { logprobs: [] } : {};
    return [...events, event(`response.${type}.delta`, { ...at, delta: piece, ...logprobs })];
  };

  const call = (
    index: number,
    { id, name, piece }: { id: string | undefined; name: string | undefined; piece: string },
  ): ResponseEvent[] => {
    const [item, events] = announce({
      id: ids.call(index),
      type: 'function_call',
      call_id: id ?? '',
      name: name ?? '',
      arguments: '',
      status: 'in_progress',
    });
    if (piece === '') return events;
    return [...events, event('response.function_call_arguments.delta', { ...place(item), delta: piece })];
  };

  const ofDelta = ({
    reasoning: thought,
    content,
    refusal,
    tool_calls: calls = [],
  }: Delta): ResponseEvent[] => [
    ...(thought ? reasoning(thought) : []),
    ...(content ? text('output_text', content) : []),
    ...(refusal ? text('refusal', refusal) : []),
    ...calls.flatMap(({ index, id, function: { name, arguments: piece = '' } }) =>
      call(index, { id, name, piece }),
    ),
  ];

  /** Announces what was not streamed, in one piece. */
  const complete = (item: OutputItem): ResponseEvent[] => {
    if (open.some(({ id }) => id === item.id)) return [];
    switch (item.type) {
      case 'reasoning':
        return reasoning(item.summary[0]?.text ?? '');
      case 'message':
        return item.content.flatMap((part) => text(part.type, partText(part)));
      case 'function_call': {
        const index = Number(item.id.slice(item.id.lastIndexOf('_') + 1));
        return call(index, { id: item.call_id, name: item.name, piece: item.arguments });
      }
    }
  };

  const close = (item: OutputItem): ResponseEvent[] => {
    const opened = open.find(({ id }) => id === item.id);
    if (!opened) return [];
    const at = place(opened);
    const done = event.bind(null, 'response.output_item.done');
    switch (item.type) {
      case 'reasoning': {
        const [part] = item.summary;
        const summary = { ...at, summary_index: 0 };
        return [
          ...(part
            ? [
                event('response.reasoning_summary_text.done', { ...summary, text: part.text }),
                event('response.reasoning_summary_part.done', { ...summary, part }),
              ]
            : []),
          done({ output_index: at.output_index, item }),
        ];
      }
      case 'message':
        return [
          ...item.content.flatMap((part, index) => {
            const where = { ...at, content_index: index };
            const whole =
              part.type === 'output_text'
                ? { text: part.text, logprobs: part.logprobs }
                : { refusal: part.refusal };
            return [
              event(`response.${part.type}.done`, { ...where, ...whole }),
              event('response.content_part.done', { ...where, part }),
            ];
          }),
          done({ output_index: at.output_index, item }),
        ];
      case 'function_call': {
        const { arguments: whole, name } = item;
        return [
          event('response.function_call_arguments.done', { ...at, name, arguments: whole }),
          done({ output_index: at.output_index, item }),
        ];
      }
    }
  };

  return {
    ofEvent(jobEvent) {
      switch (jobEvent.type) {
        case 'job.queued': {
          const status = facts.background ? 'queued' : 'in_progress';
          const response = toResponse({ ...early, status });
          return [
            event('response.created', { response }),
            ...(facts.background ? [event('response.queued', { response })] : []),
          ];
        }
        case 'job.started': {
          if (hasStarted) return [];
          hasStarted = true;
          return [
            event('response.in_progress', { response: toResponse({ ...early, status: 'in_progress' }) }),
          ];
        }
        case 'job.restarted': {
          open = [];
          return [event('response.restarted', { response: toResponse({ ...early, status: 'in_progress' }) })];
        }
        case 'job.delta':
          return jobEvent.index === 0 ? ofDelta(jobEvent.delta) : [];
        default:
          return [];
      }
    },

    ofEnd(ended) {
      if (!ended.result) return [event('response.failed', { response: toResponse(ended) })];
      const final = responseOutput(ended.result, jobId);
      const events = final.flatMap(complete);
      const rank = new Map(open.map(({ id }, index) => [id, index]));
      const output = final
        .toSorted((left, right) => (rank.get(left.id) ?? 0) - (rank.get(right.id) ?? 0))
        .map((item) => (item.type === 'message' ? inOrderOf(item, open) : item));
      events.push(...output.flatMap(close));
      const response = toResponse(ended, output);
      return [...events, event(`response.${response.status}`, { response })];
    },
  };
}

function inOrderOf(item: Message, open: readonly OpenItem[]): Message {
  const parts = open.find(({ id }) => id === item.id)?.parts ?? [];
  const content = item.content.toSorted(
    (left, right) => parts.indexOf(left.type) - parts.indexOf(right.type),
  );
  return { ...item, content };
}

function emptyPart(type: PartType): OutputPart {
  return type === 'refusal' ? { type, refusal: '' } : { type, text: '', annotations: [], logprobs: [] };
}

function partText(part: OutputPart): string {
  return part.type === 'refusal' ? part.refusal : part.text;
}
