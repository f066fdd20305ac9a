import {
  apiErrorBodySchema,
  attemptErrorSchema,
  attemptSchema,
  chatCompletionSchema,
} from '@sluice/contracts';
import { chatMessageSchema, chatRequestSchema, jobErrorSchema, jobSchema } from '@sluice/contracts';
import { jobSubmissionSchema, usageSchema, warningSchema } from '@sluice/contracts';
import { webhookDeliverySchema, webhookEndpointSchema } from '@sluice/contracts';
import { limitStatusSchema, providerStatusSchema, queueStatusSchema } from '@sluice/contracts';
import { batchSchema, batchSubmissionSchema, fileObjectSchema } from '@sluice/contracts';
import { z } from 'zod';

const NAMED: Readonly<Record<string, z.ZodType>> = {
  Error: apiErrorBodySchema,
  Batch: batchSchema,
  BatchSubmission: batchSubmissionSchema,
  File: fileObjectSchema,
  Job: jobSchema,
  JobSubmission: jobSubmissionSchema,
  JobError: jobErrorSchema,
  Attempt: attemptSchema,
  AttemptError: attemptErrorSchema,
  ChatCompletion: chatCompletionSchema,
  ChatRequest: chatRequestSchema,
  ChatMessage: chatMessageSchema,
  Usage: usageSchema,
  Provider: providerStatusSchema,
  LimitStatus: limitStatusSchema,
  Queue: queueStatusSchema,
  Warning: warningSchema,
  WebhookEndpoint: webhookEndpointSchema,
  WebhookDelivery: webhookDeliverySchema,
};

/** Gives the contract's schemas their names in the OpenAPI document's `components`. Calling it again changes nothing. */
export function nameSchemas(): void {
  for (const [id, schema] of Object.entries(NAMED)) {
    const known = z.globalRegistry.get(schema);
    if (known?.id !== id) z.globalRegistry.add(schema, { ...known, id });
  }
}
