import { z } from 'zod';

/** `batch`: what a caller uploaded, or sent inline. `batch_output`: what the broker wrote for an ended batch. */
export const FILE_PURPOSES = ['batch', 'batch_output'] as const;
export type FilePurpose = (typeof FILE_PURPOSES)[number];

/** Largest upload, and largest input of one batch. Source: OpenAI, "Batch API", rate limits. */
export const MAX_FILE_BYTES = 200 * 1024 * 1024;
export const MAX_BATCH_LINES = 50_000;
/** A file that names no `expires_after` is removed after so long. */
export const DEFAULT_FILE_LIFETIME_SECONDS = 30 * 86_400;

/** A file as OpenAI's API shows it. Times are Unix seconds. */
export const fileObjectSchema = z.object({
  id: z.string(),
  object: z.literal('file'),
  purpose: z.enum(FILE_PURPOSES),
  filename: z.string(),
  bytes: z.number().int().nonnegative(),
  created_at: z.number().int(),
  expires_at: z.number().int().nullable(),
  status: z.literal('processed'),
  status_details: z.string().nullable(),
});
export type FileObject = z.infer<typeof fileObjectSchema>;

/** How long a file is kept. Source: OpenAI API reference, "Upload file". */
export const expiresAfterSchema = z.strictObject({
  anchor: z.literal('created_at', 'must be created_at'),
  seconds: z.number().int().min(3_600, 'must be 3600 or more').max(2_592_000, 'must be 2592000 or less'),
});
