/**
 * Thrown while a request is built that this vendor can't take in any form: the attempt ends as `invalid_request`
 * before anything is sent, and the job may go on at another target.
 */
export class UnsendableRequest extends Error {
  override readonly name = 'UnsendableRequest';
}
