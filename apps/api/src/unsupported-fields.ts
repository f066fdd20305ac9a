import { UNSUPPORTED_SUBMISSION_OPTIONS } from '@sluice/contracts';

/** Parameters of OpenAI's chat completions by name; those that the request schema takes never get here. */
const CHAT_PARAMETERS = [
  'audio',
  'function_call',
  'functions',
  'logit_bias',
  'logprobs',
  'modalities',
  'parallel_tool_calls',
  'prediction',
  'reasoning_effort',
  'response_format',
  'service_tier',
  'tool_choice',
  'tools',
  'top_logprobs',
  'verbosity',
  'web_search_options',
] as const;

const API_KEY_OPTIONS = ['limits', 'allow'] as const;

/** Whole paths of known fields that are refused as `unsupported_option`, not as unknown. */
export const UNSUPPORTED_FIELDS: ReadonlySet<string> = new Set([
  ...UNSUPPORTED_SUBMISSION_OPTIONS,
  // At the front door the body is the request itself.
  ...CHAT_PARAMETERS.flatMap((name) => [name, `request.${name}`]),
  ...API_KEY_OPTIONS,
]);
