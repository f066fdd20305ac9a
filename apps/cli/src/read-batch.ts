import { batchSchema, type Batch } from '@sluice/contracts';
import type { ApiClient } from './api-client.ts';

export async function readBatch(client: ApiClient, id: string): Promise<Batch> {
  return batchSchema.parse(await client.json(`/v1/batches/${encodeURIComponent(id)}`));
}
