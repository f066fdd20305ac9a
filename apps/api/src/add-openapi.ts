import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';
import { createRequire } from 'node:module';
import type { ApiServer } from './api-server.ts';
import { completeOpenApi } from './complete-openapi.ts';
import { nameComponents } from './name-components.ts';
import { nameSchemas } from './name-schemas.ts';

/** `/openapi.json`, made from the routes' own schemas, and `/docs` with assets of our own origin. */
export async function addOpenApi(app: ApiServer, { baseUrl }: { baseUrl: () => string }): Promise<void> {
  nameSchemas();
  const { version } = createRequire(import.meta.url)('../package.json') as { version: string };
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Sluice',
        description:
          'An asynchronous inference broker: submit completion jobs, get results by polling, webhook or event stream.',
        version,
        license: { name: 'MIT', identifier: 'MIT' },
      },
      tags: [
        { name: 'jobs', description: 'Submit jobs and get their results.' },
        { name: 'openai', description: "OpenAI's own routes: its clients work unchanged." },
        { name: 'batches', description: 'Many jobs at once.' },
        { name: 'anthropic', description: "Anthropic's own routes: its clients work unchanged." },
        { name: 'webhooks', description: 'Endpoints, deliveries, and what verifies them.' },
        { name: 'keys', description: 'API keys; for keys with the scope `admin`.' },
        { name: 'operations', description: 'Health and metrics; no key needed.' },
        { name: 'providers', description: 'Providers and queues; for keys with the scope `admin`.' },
      ],
      components: {
        securitySchemes: {
          bearer: { type: 'http', scheme: 'bearer', description: 'An API key of this broker.' },
          apiKey: {
            type: 'apiKey',
            in: 'header',
            name: 'x-api-key',
            description: 'The same key in a header of its own.',
          },
        },
      },
      security: [{ bearer: [] }, { apiKey: [] }],
    },
    transform: jsonSchemaTransform,
    transformObject: (input) => completeOpenApi(jsonSchemaTransformObject(input), baseUrl()),
  });
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    uiConfig: { docExpansion: 'list', deepLinking: true },
  });
  let document: object | null = null;
  app.route({
    method: 'GET',
    url: '/openapi.json',
    schema: { hide: true },
    handler: async () => {
      document ??= nameComponents(app.swagger());
      return document;
    },
  });
}
