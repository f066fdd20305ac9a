/** Why a target can't take a request. */
export interface Refusal {
  status: 'refused';
  code: 'invalid_request';
  /** One sentence that names the target's limit and what to do where that is not obvious. */
  message: string;
  /** The field of the chat request, dotted: `messages.3.content.0.image_url.url`. */
  param: string;
}

export function refusal(param: string, message: string): Refusal {
  return { status: 'refused', code: 'invalid_request', message, param };
}
