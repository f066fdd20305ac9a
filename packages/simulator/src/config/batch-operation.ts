/**
 * What a call of a Batch API does, whichever vendor it meets. `file`: reading, listing or deleting a file; `results`:
 * downloading results (OpenAI: a file's content).
 */
export const BATCH_OPERATIONS = [
  'upload',
  'file',
  'create',
  'list',
  'retrieve',
  'cancel',
  'results',
  'delete',
] as const;
export type BatchOperation = (typeof BATCH_OPERATIONS)[number];
