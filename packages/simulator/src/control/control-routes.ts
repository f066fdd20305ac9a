import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { batchBehaviourSchema } from '../config/batch-behaviour.ts';
import { faultRuleSchema, type FaultRuleInput } from '../config/fault-rule.ts';
import { latencyProfileSchema } from '../config/latency-profile.ts';
import { simulatedLimitsSchema } from '../config/simulated-limits.ts';
import type { SimulatorControl } from './simulator-control.ts';

const DEFAULT_PAGE = 1_000;

const callsQuery = z.strictObject({
  account: z.string().optional(),
  model: z.string().optional(),
  since: z.coerce.number().int().nonnegative().optional(),
  limit: z.coerce.number().int().positive().max(50_000).default(DEFAULT_PAGE),
});
const overshootsQuery = z.strictObject({
  account: z.string().optional(),
  since: z.coerce.number().int().nonnegative().default(0),
});
const limitsBody = z.strictObject({
  account: z.string(),
  model: z.string().optional(),
  key: z.string().optional(),
  limits: simulatedLimitsSchema.nullable(),
});
const latencyBody = z.strictObject({ account: z.string().optional(), latency: latencyProfileSchema });
const batchBehaviourBody = z.strictObject({ account: z.string().optional(), batch: batchBehaviourSchema });
const batchesQuery = z.strictObject({ account: z.string().optional() });
const batchLinesQuery = z.strictObject({ account: z.string(), id: z.string() });
const faultsBody = z.array(faultRuleSchema).max(1_000);

/** Bodies reach the routes as bytes: the vendors' routes need them as sent. */
function parseBody<Schema extends z.ZodType>(request: FastifyRequest, schema: Schema): z.output<Schema> {
  return schema.parse(JSON.parse(String(request.body)));
}

/** The values that are given; `exactOptionalPropertyTypes` knows no undefined. */
function given<T extends object>(value: T): { [Key in keyof T]: Exclude<T[Key], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as never;
}

/** `/_control/…` and `/livez`. Unprotected: the simulator is for loopback and test networks. */
export function registerControlRoutes(app: FastifyInstance, control: SimulatorControl): void {
  app.get('/livez', () => ({ status: 'ok' }));
  app.get('/_control/summary', () => control.summary());
  app.get('/_control/calls', (request) => {
    const calls = control.calls(callsQuery.parse(request.query));
    return { calls, count: control.summary().calls };
  });
  app.get('/_control/overshoots', (request) => {
    const overshoots = control.overshoots(given(overshootsQuery.parse(request.query)));
    return { overshoots, count: control.summary().overshoots };
  });
  app.get('/_control/bill', () => ({ lines: control.bill(), cost_usd: control.summary().cost_usd }));
  app.get('/_control/limits', () => ({ limits: control.limits() }));
  app.put('/_control/limits', (request) => {
    control.setLimits(given(parseBody(request, limitsBody)));
    return { limits: control.limits() };
  });
  app.get('/_control/latency', () => control.latency());
  app.put('/_control/latency', (request) => {
    control.setLatency(given(parseBody(request, latencyBody)));
    return control.latency();
  });
  app.get('/_control/batch_behaviour', () => control.batchBehaviour());
  app.put('/_control/batch_behaviour', (request) => {
    control.setBatchBehaviour(given(parseBody(request, batchBehaviourBody)));
    return control.batchBehaviour();
  });
  app.get('/_control/batches', (request) => ({
    batches: control.batches(given(batchesQuery.parse(request.query))),
  }));
  app.get('/_control/batch_lines', (request) =>
    control.batchLines(batchLinesQuery.parse(request.query)).then((lines) => ({ lines })),
  );
  app.get('/_control/faults', () => ({ faults: control.faults() }));
  app.put('/_control/faults', (request) =>
    control
      .setFaults(parseBody(request, faultsBody) as FaultRuleInput[])
      .then(() => ({ faults: control.faults() })),
  );
  app.post('/_control/reset', () => control.reset().then(() => ({ status: 'ok' })));
}
