import {
  ApiError,
  type ApiKeyDefaults,
  UNSUPPORTED_SUBMISSION_OPTIONS,
  jobSubmissionSchema,
  type JobSubmission,
} from '@sluice/contracts';
import type { IncomingHttpHeaders } from 'node:http';
import { z } from 'zod';
import { readQualityHint } from '../read-quality-hint.ts';
import { toValidationError } from '../to-validation-error.ts';
import { withKeyDefaults } from '../with-key-defaults.ts';

export type FrontDoorOptions = Omit<JobSubmission, 'request'>;

const PREFIX = 'x-sluice-';
const UNSUPPORTED = new Set(
  UNSUPPORTED_SUBMISSION_OPTIONS.map((name) => `${PREFIX}${name.replaceAll('_', '-')}`),
);

/** How the text of a header becomes the option's value; the schema then checks it. */
const READERS: Readonly<Record<string, (text: string, header: string) => unknown>> = {
  route: String,
  chain: readList,
  tier: String,
  deadline: String,
  within: String,
  deadline_policy: String,
  lane: String,
  webhook: (text, header) => (text.startsWith('{') ? readJson(text, header) : { url: text }),
  task: String,
  quality: String,
  max_cost_usd: readNumber,
  max_latency_ms: readNumber,
  residency: readList,
  zero_retention: readBoolean,
  on_refusal: String,
  on_stream_failure: String,
  cache: String,
  metadata: readJson,
  tags: readList,
  retention: readJson,
  validate: readJson,
};

const { request: _request, ...optionFields } = jobSubmissionSchema.shape;
const optionsSchema = z
  .strictObject({ ...optionFields, on_stream_failure: z.enum(['restart', 'fail']).default('fail') })
  .refine((options) => !(options.route && options.chain), {
    path: ['chain'],
    error: 'comes with x-sluice-route: send one of them',
  })
  .refine((options) => !(options.deadline && options.within), {
    path: ['within'],
    error: 'comes with x-sluice-deadline: send one of them',
  });

/**
 * The broker's options of a request that came in a vendor's shape: headers `x-sluice-<name with dashes>`. Lists are
 * separated by commas, or JSON; `webhook` is a URL or JSON; `metadata` and `retention` are JSON. `defaults` hold
 * where a header says nothing.
 * @throws ApiError `invalid_request` or `unsupported_option`, naming the header.
 */
export function readFrontDoorOptions(
  headers: IncomingHttpHeaders,
  defaults: {
    /** Hold where neither a header nor the request says anything. */
    keyDefaults: ApiKeyDefaults | null;
    model: string | undefined;
    tier?: string | undefined;
    metadata?: object | undefined;
    within?: string | undefined;
  },
): FrontDoorOptions {
  const sent: Record<string, unknown> = {};
  for (const [header, value] of Object.entries(headers)) {
    if (UNSUPPORTED.has(header)) {
      throw new ApiError('unsupported_option', `${header} does not work in this release.`, { param: header });
    }
    if (!header.startsWith(PREFIX)) continue;
    const name = header.slice(PREFIX.length).replaceAll('-', '_');
    const read = Object.hasOwn(READERS, name) ? READERS[name] : undefined;
    if (!read) throw new ApiError('invalid_request', `${header} is not a known option.`, { param: header });
    sent[name] = read(String(value), header);
  }
  const hint = readQualityHint(headers);
  if (hint !== undefined) sent['quality'] ??= hint;
  const isTimed = sent['deadline'] !== undefined || sent['within'] !== undefined;
  const metadata = { ...defaults.metadata, ...(sent['metadata'] as object | undefined) };
  const options = {
    ...(defaults.tier === undefined ? {} : { tier: defaults.tier }),
    ...(defaults.within === undefined || isTimed ? {} : { within: defaults.within }),
    ...sent,
    metadata,
  };
  const { request: _named, ...filled } = withKeyDefaults(
    { ...options, request: { model: defaults.model } },
    defaults.keyDefaults,
  ) as Record<string, unknown>;
  const parsed = optionsSchema.safeParse(filled);
  if (parsed.success) return parsed.data as FrontDoorOptions;
  const { code, message, param } = toValidationError(parsed.error, 'headers');
  const header = param === 'metadata' && sent['metadata'] === undefined ? 'metadata' : headerOf(param ?? '');
  throw new ApiError(code, `${header}: ${message}`, { param: header });
}

function headerOf(param: string): string {
  return `${PREFIX}${param.split('.', 1)[0]?.replaceAll('_', '-')}`;
}

function readList(text: string, header: string): unknown {
  if (text.startsWith('[')) return readJson(text, header);
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

function readNumber(text: string, header: string): number {
  const number = text.trim() === '' ? NaN : Number(text);
  if (Number.isFinite(number)) return number;
  throw new ApiError('invalid_request', `${header} must be a number.`, { param: header });
}

function readBoolean(text: string, header: string): boolean {
  if (text === 'true' || text === 'false') return text === 'true';
  throw new ApiError('invalid_request', `${header} must be true or false.`, { param: header });
}

function readJson(text: string, header: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ApiError('invalid_request', `${header} must be JSON.`, { param: header });
  }
}
