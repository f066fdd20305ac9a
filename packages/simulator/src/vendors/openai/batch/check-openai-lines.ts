import type { BatchCall } from '../../../batch/batch-api.ts';
import { countQueuedTokens } from '../../../batch/queued-tokens.ts';
import { readLines } from '../../../batch/read-lines.ts';
import type { BatchFileError, PreparedLines } from '../../../batch/simulated-batch.ts';
import { SIMULATOR_MODELS } from '../../../config/simulator-models.ts';
import { isObject } from '../../is-object.ts';

const MAX_LINES = 50_000;
/** A file of nothing but errors need not be told line by line. */
const MAX_ERRORS = 100;

/** Messages of codes whose vendor's words are not publicly quoted are our own. */
function lineError(
  line: unknown,
  { endpoint, model, seen }: { endpoint: string; model: string | null; seen: ReadonlySet<string> },
): Omit<BatchFileError, 'line'> | null {
  if (!isObject(line)) {
    return { code: 'invalid_json_line', message: 'This line is not parseable as valid JSON.', param: null };
  }
  const { custom_id: customId, method, url, body } = line;
  for (const [param, value] of Object.entries({ custom_id: customId, method, url, body })) {
    if (value !== undefined && value !== null && value !== '') continue;
    const message = `Missing required parameter: '${param}'.`;
    return { code: 'missing_required_parameter', message, param };
  }
  if (typeof customId !== 'string') {
    return { code: 'invalid_type', message: "Invalid type for 'custom_id'.", param: 'custom_id' };
  }
  if (seen.has(customId)) {
    const message =
      'The custom_id for this request is a duplicate of another request. The custom_id parameter must be unique for each request in a batch.';
    return { code: 'duplicate_custom_id', message, param: 'custom_id' };
  }
  if (method !== 'POST') {
    return { code: 'invalid_method', message: "The method must be 'POST'.", param: 'method' };
  }
  if (url !== endpoint) {
    const message = 'The URL provided for this request does not match the batch endpoint.';
    return { code: 'url_mismatch', message, param: 'url' };
  }
  if (!isObject(body)) return { code: 'invalid_type', message: "Invalid type for 'body'.", param: 'body' };
  const own = body['model'];
  if (typeof own !== 'string' || own === '') {
    const message = "Missing required parameter: 'body.model'.";
    return { code: 'missing_required_parameter', message, param: 'body.model' };
  }
  if (model !== null && own !== model) {
    const message = `The model '${own}' of this request does not match the rest of the batch. Each batch must contain requests to a single model.`;
    return { code: 'model_mismatch', message, param: 'body.model' };
  }
  return null;
}

/** Reads the file as OpenAI validates it: the first errors of all, or the lines' places. */
export async function checkOpenaiLines(
  { account, context }: Pick<BatchCall, 'account' | 'context'>,
  { path, endpoint }: { path: string; endpoint: string },
): Promise<{ prepared: PreparedLines; queuedTokens: ReadonlyMap<string, number> }> {
  const { config, batch } = account;
  const maxLines = batch.max_lines ?? MAX_LINES;
  const errors: BatchFileError[] = [];
  const seen = new Set<string>();
  const queued = countQueuedTokens(account, context);
  let model: string | null = null;
  let count = 0;
  const index = await readLines(path, (text, number) => {
    count += 1;
    const line = parse(text);
    const error = lineError(line, { endpoint, model, seen });
    if (error) {
      errors.push({ ...error, line: number });
      return errors.length < MAX_ERRORS;
    }
    const { custom_id: customId, body } = line as { custom_id: string; body: { model: string } };
    seen.add(customId);
    model ??= body.model;
    queued.add({ customId, model, body });
    return count <= maxLines;
  });
  const whole = (code: string, message: string): void => {
    errors.push({ code, message, param: null, line: null });
  };
  if (count === 0)
    whole(
      'empty_file',
      'The input file is empty. Please ensure that the batch contains at least one request.',
    );
  if (count > maxLines) {
    whole('too_many_tasks', `The batch input file has more than the ${maxLines} requests that are allowed.`);
  }
  const known = model === null || config.models[model] || SIMULATOR_MODELS[model]?.vendor === 'openai';
  if (config.strict_models && !known) {
    const message = `The provided model '${String(model)}' is not supported by the Batch API.`;
    errors.push({ code: 'model_not_found', message, param: 'body.model', line: 1 });
  }
  const broken = errors.length === 0 ? queued.broken() : null;
  if (broken) {
    const limit = broken.limit.toLocaleString('en-US');
    whole(
      'token_limit_exceeded',
      `Enqueued token limit reached for ${broken.model} in organization org-simulated. Limit: ${limit} enqueued tokens. Please try again once some in_progress batches have been completed.`,
    );
  }
  const prepared: PreparedLines =
    errors.length > 0 ? { status: 'failed', errors } : { status: 'ok', path, index, model };
  return { prepared, queuedTokens: queued.tokens() };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}
