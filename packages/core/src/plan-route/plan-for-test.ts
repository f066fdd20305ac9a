import { configSchema, type ChatRequest, type JobSubmission, type Target } from '@sluice/contracts';
import { createModelCatalogue } from '../model-catalogue.ts';
import { planRoute, type PlanRouteInput, type RouteError, type RoutePlan } from '../plan-route.ts';
import { requestFeatures } from './request-features.ts';
import { EMPTY_WORLD, type TargetState } from '../world.ts';

const RAW = {
  providers: {
    openai: { kind: 'openai', region: 'us' },
    anthropic: { kind: 'anthropic', region: 'eu-west-1', zero_retention: true },
    google: { kind: 'google' },
    router: { kind: 'openrouter' },
    local: { kind: 'vllm', region: 'eu' },
  },
  models: {
    'local/small': { max_input_tokens: 2_000, supports: ['response_schema'], class: 'economy' },
    'google/pinned': { region: 'eu' },
  },
  routes: {
    default: { targets: ['openai/gpt-5.4-mini', 'google/gemini-2.5-flash'] },
    short: { targets: ['google/gemini-2.5-flash'], rounds: 5 },
    three: { targets: ['openai/gpt-5.4-mini', 'anthropic/claude-haiku-4-5', 'google/gemini-2.5-flash'] },
    cheap: {
      strategy: 'cheapest',
      targets: ['anthropic/claude-haiku-4-5', 'openai/gpt-5.4-mini', 'google/gemini-2.5-flash', 'router/x/y'],
    },
    good_and_cheap: {
      strategy: 'cheapest',
      min_quality: 0.8,
      targets: ['openai/gpt-5.4-mini', 'anthropic/claude-opus-5', 'anthropic/claude-sonnet-5'],
    },
    swift: { strategy: 'fastest', targets: ['openai/gpt-5.4-mini', 'google/gemini-2.5-flash'] },
    split: {
      strategy: 'weighted',
      targets: [
        { target: 'openai/gpt-5.4-mini', weight: 3 },
        { target: 'google/gemini-2.5-flash', weight: 1 },
      ],
    },
    turns: {
      strategy: 'round_robin',
      targets: ['openai/gpt-5.4-mini', 'anthropic/claude-haiku-4-5', 'google/gemini-2.5-flash'],
    },
    idle: {
      strategy: 'least_wait',
      max_wait: '1m',
      targets: ['openai/gpt-5.4-mini', 'anthropic/claude-haiku-4-5', 'google/gemini-2.5-flash'],
    },
    patient: { max_wait: '1m', targets: ['openai/gpt-5.4-mini', 'google/gemini-2.5-flash'] },
    support: {
      when: [
        { if: { tags: ['policy'] }, use: ['anthropic/claude-opus-5', 'default'] },
        { if: { input_tokens: { min: 1_000 } }, use: 'cheap' },
      ],
      targets: ['short', 'openai/gpt-5.4-mini'],
    },
  },
};
/** Routes of every strategy over providers in different places. */
export const config = configSchema.parse(RAW);
export const catalogue = createModelCatalogue({ overrides: config.models, providers: config.providers });

export type PlanOptions = Partial<Omit<PlanRouteInput, 'submission' | 'world' | 'features'>> & {
  targets?: Record<string, TargetState>;
};

/** Plans a submission over the configuration above, in a world where only `targets` are known. */
export function plan(
  submission: Partial<Omit<JobSubmission, 'request'>> & { request?: Partial<ChatRequest> },
  { targets = {}, ...over }: PlanOptions = {},
): RoutePlan | RouteError {
  const request = { messages: [{ role: 'user', content: 'Hello' }], ...submission.request } as ChatRequest;
  return planRoute({
    submission: { tier: 'standard', tags: [], metadata: {}, ...submission, request },
    features: requestFeatures(request, { task: submission.task }),
    config,
    catalogue,
    world: { ...EMPTY_WORLD, targets: targets as Record<Target, TargetState> },
    caller: { tenant: 'default', keyId: 'key_1', forced: null },
    nowMs: Date.UTC(2026, 6, 1, 12),
    seed: 'job_1',
    ...over,
  });
}

export const chainOf = (outcome: RoutePlan | RouteError): readonly Target[] =>
  outcome.status === 'ok' ? outcome.chain : [];
/** Why each target was left out. */
export const codes = (outcome: RoutePlan | RouteError): Record<string, string> =>
  Object.fromEntries(
    ('excluded' in outcome ? outcome.excluded : []).map(({ target, code }) => [target, code]),
  );
/** Why each target of the chain is behind others. */
export const held = (outcome: RoutePlan | RouteError): Record<string, string> =>
  outcome.status === 'ok'
    ? Object.fromEntries(
        outcome.order.flatMap(({ target, standing }) =>
          standing.rank === 0 ? [] : [[target, standing.code]],
        ),
      )
    : {};
