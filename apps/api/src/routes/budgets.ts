import { budgetStatusSchema } from '@sluice/contracts';
import { z } from 'zod';
import type { ApiDeps } from '../api-deps.ts';
import type { ApiServer } from '../api-server.ts';
import { errorResponses } from '../error-responses.ts';
import { jsonResponse } from '../json-response.ts';

const budgetListSchema = z.object({ object: z.literal('list'), data: z.array(budgetStatusSchema) });

/** `GET /v1/budgets`: those that jobs of the caller's tenant and key count against. */
export function addBudgetRoutes(app: ApiServer, { config }: ApiDeps): void {
  app.route({
    method: 'GET',
    url: '/budgets',
    schema: {
      operationId: 'listBudgets',
      summary: 'What may be spent, and what was',
      description:
        'The budgets of the installation, of the caller’s tenant and key, and those that `sluice.yaml` names. ' +
        'A key without the scope `admin` sees those of its tenant and its own.',
      tags: ['usage'],
      response: {
        200: jsonResponse('How each budget stands.', budgetListSchema),
        ...errorResponses(),
      },
    },
    handler: async ({ caller }) => {
      const isAdmin = caller.scopes.includes('admin');
      const ofCaller = caller.budgets
        .of({ tags: [], task: null, route: null })
        .filter(({ config: { scope } }) => isAdmin || scope === 'tenant' || scope === 'key');
      const named = isAdmin
        ? config().budgets.flatMap((budget) =>
            budget.name === undefined
              ? []
              : [{ config: budget, id: `${budget.scope}/${budget.name}`, name: budget.name }],
          )
        : [];
      const all = new Map([...named, ...ofCaller].map((budget) => [budget.id, budget]));
      return {
        object: 'list' as const,
        data: await Promise.all(Array.from(all.values(), caller.budgets.status)),
      };
    },
  });
}
