import { api, ended, report } from '../sluice-api.mjs';

const SCHEMA = {
  type: 'object',
  properties: { number: { type: 'string' }, total: { type: 'number' }, currency: { type: 'string' } },
  required: ['number', 'total', 'currency'],
  additionalProperties: false,
};
// The smallest PDF that is one: an empty page. Yours comes from a file, or as an https URL.
const PDF = Buffer.from(
  '%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj ' +
    '3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n',
).toString('base64');
const ASK = { type: 'text', text: 'Extract number, total and currency of this invoice.' };
const documents = {
  'invoice as text': [ASK, { type: 'text', text: 'Invoice 2026-17. Total due: 1,299.00 EUR.' }],
  'invoice as PDF': [
    ASK,
    { type: 'file', file: { filename: 'invoice.pdf', file_data: `data:application/pdf;base64,${PDF}` } },
  ],
};

const jobs = [];
for (const [name, content] of Object.entries(documents)) {
  const submission = {
    request: {
      messages: [{ role: 'user', content }],
      response_format: {
        type: 'json_schema',
        json_schema: { name: 'invoice', strict: true, schema: SCHEMA },
      },
      max_tokens: 200,
    },
    task: 'extraction',
    max_cost_usd: 0.02,
    metadata: { document: name },
  };
  jobs.push([name, await api('/jobs', submission)]);
}
for (const [name, { id }] of jobs) report(name, await ended(id));
