/** An expected failure of set-up; its message is one sentence that says what to do. */
export class SetUpError extends Error {
  name = 'SetUpError';
}
