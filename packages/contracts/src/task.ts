/** What a request is about. */
export const TASKS = [
  'classification',
  'extraction',
  'summarization',
  'translation',
  'code',
  'reasoning',
  'chat',
  'vision',
  'creative',
  'other',
] as const;
export type Task = (typeof TASKS)[number];
