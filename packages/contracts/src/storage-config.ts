import { z } from 'zod';

/** Where uploaded and written files are kept: `storage` of `sluice.yaml`. */
export const storageConfigSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('local'),
    /** A folder; all API and dispatcher processes must see the same one. */
    path: z.string().min(1).default('.sluice/files'),
  }),
  z.strictObject({
    kind: z.literal('s3'),
    bucket: z.string().min(1).max(255),
    /** Begins every object's key. */
    prefix: z
      .string()
      .regex(/^([A-Za-z0-9._-]+\/)*$/, 'must be empty or end with /')
      .max(255)
      .default('sluice/'),
    region: z.string().default('us-east-1'),
    /** Of a server other than Amazon's. */
    endpoint: z.url({ protocol: /^https?$/ }).optional(),
    /** Both absent: found as the AWS clients do (environment, profile, role). */
    access_key_id: z.string().optional(),
    secret_access_key: z.string().optional(),
    /** `endpoint/bucket/key` instead of `bucket.endpoint/key`. */
    force_path_style: z.boolean().default(false),
  }),
]);
export type StorageConfig = z.infer<typeof storageConfigSchema>;
