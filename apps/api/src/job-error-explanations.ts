import type { JobErrorCode } from '@sluice/contracts';

/** What each error code of an attempt or a job means, and what to do. */
export const JOB_ERROR_EXPLANATIONS: Readonly<Record<JobErrorCode, string>> = {
  rate_limited: 'The provider refused for its rate limit. The broker waits and tries again, or moves on.',
  overloaded: 'The provider says that it is overloaded. The broker tries again, or moves on.',
  timeout:
    'The provider did not answer in time. Raise `timeouts` of the provider if its answers take longer.',
  network: 'The connection to the provider failed. Check `base_url` and the network.',
  server_error: "The provider failed with an error of its own, or the broker's worker was lost.",
  auth: "The provider refused the key. Check the provider's `api_key` in sluice.yaml.",
  billing: "The provider account has no credit or quota left. Check the vendor's billing page.",
  invalid_request: 'The provider refused the request as wrong. Correct the field that the message names.',
  context_window:
    "The conversation is longer than the model's window. Shorten it, or add a larger model to the chain.",
  content_filter: 'The provider refused the content. Change it, or send `on_refusal: "next"`.',
  truncated: "The provider's stream ended before the answer was complete.",
  malformed_response: "The provider's answer could not be read.",
  cancelled: 'The job or the attempt was cancelled.',
  unknown: 'The provider failed in a way that the broker does not know. The message holds what it said.',
  all_targets_failed: 'Every target of the chain failed in every round. `last_error` and `attempts` say how.',
  expired: 'The deadline came before the job could end. Send a later `deadline`, or raise the limits.',
  no_eligible_target: 'No target of the chain can take the job.',
  budget_exceeded: 'A budget is used up.',
};
