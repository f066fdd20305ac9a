import type { JobOptions, NewBatch } from '@sluice/broker';
import {
  chatRequestSchema,
  type BatchError,
  type ChatRequest,
  type Tier,
  type Warning,
} from '@sluice/contracts';
import {
  anthropicMessageParamsSchema,
  anthropicToChatRequest,
  responsesRequestSchema,
  responsesToChatRequest,
  type ResponsesRequest,
} from '@sluice/core';
import type { z } from 'zod';
import { jsonDepthExceeds } from '../json-depth-exceeds.ts';
import { toValidationError } from '../to-validation-error.ts';
import { withoutNulls } from '../without-nulls.ts';
import { MAX_LINE_BYTES, MAX_LINE_DEPTH } from './batch-limits.ts';
import type { InputLine } from './read-lines.ts';

export type LineFault = Omit<BatchError, 'line'>;

/** A line's request in the canonical form. Its `service_tier` and `metadata` are the job's. */
export interface BatchLine {
  customId: string;
  request: ChatRequest;
  tier: Tier | null;
  metadata: Readonly<Record<string, string>>;
  warnings: readonly Warning[];
  responses?: JobOptions['responses'];
}

export type ParsedBatchLine =
  | { status: 'ok'; line: BatchLine }
  /** `customId` where the line at least names one. */
  | { status: 'faulty'; fault: LineFault; customId: string | null };

const FIELDS = new Set(['custom_id', 'method', 'url', 'body']);
const MAX_CUSTOM_ID = 512;
const TIER_OF_SERVICE: Readonly<Record<string, Tier>> = { priority: 'priority', flex: 'flex' };

/**
 * Reads one line of a batch's input and checks all that can be checked without the configuration. The codes are
 * OpenAI's where it has one.
 */
export function parseBatchLine(
  line: Pick<InputLine, 'text' | 'fault'>,
  endpoint: NewBatch['endpoint'],
): ParsedBatchLine {
  if (line.fault === 'too_long')
    return faulty('line_too_long', `This line is longer than ${MAX_LINE_BYTES} bytes.`, null);
  const value = line.fault === null ? parseJson(line.text) : undefined;
  if (value === undefined) {
    return faulty('invalid_json_line', 'This line is not parseable as valid JSON.', null);
  }
  if (!isObject(value)) return faulty('invalid_json_line', 'This line is not a JSON object.', null);
  const id = value['custom_id'];
  const customId = typeof id === 'string' ? id : null;
  const refuse = (code: string, message: string, param: string): ParsedBatchLine => ({
    status: 'faulty',
    fault: { code, message, param },
    customId,
  });
  if (id === undefined || id === null)
    return refuse('missing_required_parameter', 'custom_id is required.', 'custom_id');
  if (customId === null || customId === '' || customId.length > MAX_CUSTOM_ID) {
    return refuse(
      'invalid_custom_id',
      `custom_id must be a string of 1 to ${MAX_CUSTOM_ID} characters.`,
      'custom_id',
    );
  }
  if (value['method'] !== 'POST') return refuse('invalid_method', 'method must be POST.', 'method');
  if (value['url'] !== endpoint) {
    return refuse(
      'invalid_url',
      `The URL provided for this request does not match the batch endpoint: url must be ${endpoint}.`,
      'url',
    );
  }
  const unknown = Object.keys(value).find((field) => !FIELDS.has(field));
  if (unknown !== undefined)
    return refuse('unknown_parameter', `${unknown.slice(0, 80)} is not a known field.`, unknown.slice(0, 80));
  const { body } = value;
  if (!isObject(body))
    return refuse('missing_required_parameter', 'body is required and must be an object.', 'body');
  if (body['stream'] === true)
    return refuse('invalid_request', 'body.stream must be false in a batch.', 'body.stream');
  const read = readBody(body, endpoint);
  if ('fault' in read) return { status: 'faulty', fault: read.fault, customId };
  const { service_tier: service, metadata = {}, stream: _stream, ...request } = read.request;
  return {
    status: 'ok',
    line: {
      customId,
      request,
      tier: service === undefined ? null : (TIER_OF_SERVICE[service] ?? null),
      metadata,
      warnings: read.warnings,
      ...(read.responses ? { responses: read.responses } : {}),
    },
  };
}

type ReadBody =
  | { request: ChatRequest; warnings: readonly Warning[]; responses?: JobOptions['responses'] }
  | { fault: LineFault };

function readBody(body: object, endpoint: NewBatch['endpoint']): ReadBody {
  switch (endpoint) {
    case '/v1/chat/completions': {
      const parsed = chatRequestSchema.safeParse(withoutNulls(body));
      return parsed.success ? { request: parsed.data as ChatRequest, warnings: [] } : invalid(parsed.error);
    }
    case '/v1/responses': {
      const parsed = responsesRequestSchema.safeParse(withoutNulls(body));
      if (!parsed.success) return invalid(parsed.error);
      const converted = responsesToChatRequest(parsed.data as ResponsesRequest);
      if (converted.status === 'error') {
        const { param, message } = converted;
        return {
          fault: { code: 'invalid_request', message: `${param} ${message}.`, param: `body.${param}` },
        };
      }
      const responses = { background: false, instructions: parsed.data.instructions ?? null };
      return { request: converted.request, warnings: converted.warnings, responses };
    }
    case '/v1/messages': {
      const parsed = anthropicMessageParamsSchema.safeParse(body);
      return parsed.success ? anthropicToChatRequest(parsed.data) : invalid(parsed.error);
    }
    default:
      return endpoint satisfies never;
  }
}

function invalid(error: z.core.$ZodError): { fault: LineFault } {
  const { code, message, param } = toValidationError(error, '');
  return { fault: { code, message, param: param ? `body.${param}` : 'body' } };
}

function faulty(code: string, message: string, param: string | null): ParsedBatchLine {
  return { status: 'faulty', fault: { code, message, param }, customId: null };
}

function parseJson(text: string): unknown {
  if (jsonDepthExceeds(text, MAX_LINE_DEPTH)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
