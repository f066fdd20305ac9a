import { z } from 'zod';

/** How the API meets browsers and proxies. Read at start. */
export const httpConfigSchema = z.strictObject({
  /** Pages of these origins may call the API from a browser (`https://app.example.com`). None: CORS is off. */
  cors_origins: z
    .array(
      z
        .string()
        .regex(/^https?:\/\/[^/?#\s]+$/, 'must be an origin such as https://app.example.com, without a path'),
    )
    .max(100)
    .default([]),
  /**
   * Addresses or CIDR blocks of proxies whose `x-forwarded-for` is believed; `true` believes everybody. Default: nobody,
   * and the address of a caller is that of its connection.
   */
  trust_proxy: z
    .union([z.boolean(), z.array(z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()]))])
    .default(false),
  /** Open connections of one process. Further ones are closed as soon as they are made, without an answer. */
  max_connections: z.int().min(1).max(1_000_000).default(5_000),
  /**
   * The same for each address that connects, which is the proxy's for whoever comes through one. Null: no such bound.
   */
  max_connections_per_address: z.int().min(1).max(1_000_000).nullable().default(null),
});
export type HttpConfig = z.infer<typeof httpConfigSchema>;
