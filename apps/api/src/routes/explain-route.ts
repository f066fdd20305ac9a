import { randomUUID } from 'node:crypto';
import { ApiError, jobSubmissionSchema, routeExplanationSchema, type ChatRequest } from '@sluice/contracts';
import { explainPlan } from '@sluice/core';
import type { ApiDeps } from '../api-deps.ts';
import type { ApiServer } from '../api-server.ts';
import { budgetOf } from '../check-budgets.ts';
import { errorResponses } from '../error-responses.ts';
import { jsonResponse } from '../json-response.ts';
import { namedRoute } from '../named-route.ts';
import { readQualityHint } from '../read-quality-hint.ts';
import { targetFilters } from '../target-filters.ts';
import { warmTargetFor } from '../warm-target.ts';
import { withKeyDefaults } from '../with-key-defaults.ts';
import { withoutNulls } from '../without-nulls.ts';

/** `POST /v1/routes/explain`. */
export function addExplainRoute(app: ApiServer, deps: ApiDeps): void {
  app.route({
    method: 'POST',
    url: '/routes/explain',
    schema: {
      operationId: 'explainRoute',
      summary: 'Explain which targets a job would get',
      description:
        'Takes the body of `POST /v1/jobs` and runs nothing: features of the request, every candidate with cost, ' +
        'latency, wait and chance, the filters applied, the order and why. A job that no target may serve is ' +
        'explained too: `chain` is then empty and `error` says what a submission would be answered.',
      tags: ['jobs'],
      body: jobSubmissionSchema,
      response: {
        200: jsonResponse('What the router would do now.', routeExplanationSchema),
        ...errorResponses(
          'invalid_json',
          'invalid_request',
          'unsupported_option',
          'body_too_deep',
          'unknown_route',
          'unknown_target',
          'unknown_model',
          'not_allowed',
          'body_too_large',
          'unsupported_media_type',
        ),
      },
    },
    preValidation: async (request) => {
      const sent = withoutNulls(request.body);
      request.body = withKeyDefaults(sent, request.caller.defaults) as typeof request.body;
    },
    handler: async (request) => {
      const { caller } = request;
      const submission = {
        ...request.body,
        quality: request.body.quality ?? readQualityHint(request.headers),
      };
      const spending = {
        tags: submission.tags,
        task: submission.task ?? null,
        route: namedRoute(submission, deps.config()),
      };
      const id = `job_${randomUUID()}`;
      const budget = await budgetOf(spending, { caller, config: deps.config });
      const warmTarget = await warmTargetFor(submission.request as ChatRequest, deps);
      const nowMs = Date.now();
      const { plan, features } = deps.router.plan({ submission, caller, id, nowMs, budget, warmTarget });
      if (plan.status === 'error' && plan.code !== 'no_eligible_target') {
        throw new ApiError(plan.code, plan.message, { param: plan.param });
      }
      return explainPlan(plan, {
        features,
        policy: { filters: targetFilters(submission) ?? {}, forced: caller.allow },
      });
    },
  });
}
