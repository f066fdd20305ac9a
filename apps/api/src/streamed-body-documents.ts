/**
 * The bodies of operations that read them as they arrive, for the OpenAPI document: no schema of the route can say what
 * they are.
 */
export const STREAMED_BODY_DOCUMENTS: Readonly<Record<string, { required: boolean; content: object }>> = {
  createFile: {
    required: true,
    content: {
      'multipart/form-data': {
        schema: {
          type: 'object',
          properties: {
            file: { type: 'string', format: 'binary' },
            purpose: { type: 'string', enum: ['batch'] },
            'expires_after[anchor]': { type: 'string', enum: ['created_at'] },
            'expires_after[seconds]': { type: 'integer' },
          },
          required: ['file', 'purpose'],
          additionalProperties: false,
        },
      },
    },
  },
  estimateBatch: {
    required: true,
    content: {
      'application/x-ndjson': {
        schema: { type: 'string', description: 'The lines of a batch, as in its file.' },
      },
    },
  },
};
