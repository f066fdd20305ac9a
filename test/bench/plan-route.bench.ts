import { mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import {
  configSchema,
  STRATEGIES,
  type ChatRequest,
  type JobSubmission,
  type Target,
} from '@sluice/contracts';
import {
  createModelCatalogue,
  planRoute,
  requestFeatures,
  toDecision,
  type PlanRouteInput,
  type TargetState,
  type World,
} from '@sluice/core';

/** What a plan costs: 50 targets of six providers, half of them with figures of their own, by strategy and request. */
const TARGETS = 50;
const WARM_UP = 2_000;
const PLANS = 5_000;

const PROVIDERS = {
  openai: 'openai',
  anthropic: 'anthropic',
  google: 'google',
  mistral: 'mistral',
  qwen: 'qwen',
  router: 'openrouter',
};
const MODELS: Record<keyof typeof PROVIDERS, string[]> = {
  openai: [
    'gpt-5.4',
    'gpt-5.4-mini',
    'gpt-5.4-nano',
    'gpt-5.5',
    'gpt-5.6-luna',
    'gpt-5-mini',
    'gpt-4.1',
    'o4-mini',
    'o3',
  ],
  anthropic: [
    'claude-opus-5',
    'claude-sonnet-5',
    'claude-haiku-4-5',
    'claude-opus-4-8',
    'claude-sonnet-4-6',
    'claude-unknown-9',
  ],
  google: [
    'gemini-3.6-flash',
    'gemini-2.5-pro',
    'gemini-2.5-flash',
    'gemini-2.5-flash-lite',
    'gemini-3.1-pro-preview',
  ],
  mistral: ['mistral-large-latest', 'mistral-medium-latest', 'mistral-small-latest', 'codestral-2508'],
  qwen: ['qwen3-max', 'qwen3.7-plus', 'qwen-flash'],
  router: Array.from({ length: 23 }, (_, n) => `lab/model-${n}`),
};
const targets = Object.entries(MODELS)
  .flatMap(([provider, models]) => models.map((model): Target => `${provider}/${model}`))
  .slice(0, TARGETS);
if (targets.length !== TARGETS) throw new Error(`${targets.length} targets instead of ${TARGETS}`);

const config = configSchema.parse({
  providers: Object.fromEntries(
    Object.entries(PROVIDERS).map(([name, kind]) => [name, { kind, region: 'eu', zero_retention: true }]),
  ),
  routes: {
    inner: { strategy: 'cheapest', targets: targets.slice(25) },
    nested: {
      strategy: 'weighted',
      when: Array.from({ length: 20 }, (_, n) => ({
        if: { tags: `t${n}`, input_tokens: { min: n } },
        use: targets[0],
      })),
      targets: [...targets.slice(0, 25), 'inner'],
    },
    ...Object.fromEntries(STRATEGIES.map((strategy) => [strategy, { strategy, targets }])),
  },
});
const catalogue = createModelCatalogue({ overrides: config.models, providers: config.providers });
const state = (n: number): TargetState => ({
  errorRate: (n % 10) / 100,
  limitsUsed: (n % 20) / 20,
  waitMs: { standard: n * 10 },
  latency: { standard: { firstTokenP50Ms: n, totalP50Ms: n * 10, totalP95Ms: n * 20 } },
  ...(n % 7 === 0 ? { breakers: { live: { state: 'open', untilMs: 1 } } } : {}),
});
const world: World = {
  nowMs: 0,
  targets: Object.fromEntries(targets.flatMap((target, n) => (n % 2 === 0 ? [[target, state(n)]] : []))),
};
const REQUESTS: Record<string, ChatRequest> = {
  'one question': { messages: [{ role: 'user', content: 'What is the capital of France?' }] },
  '100 KB of text': { messages: [{ role: 'user', content: 'word '.repeat(20_000) }] },
  '60 turns': {
    messages: Array.from({ length: 60 }, (_, n) => ({
      role: n % 2 === 0 ? 'user' : 'assistant',
      content: `Turn ${n}.`,
    })),
  },
  '10 tools': {
    messages: [{ role: 'user', content: 'Look it up.' }],
    tools: Array.from({ length: 10 }, (_, n) => ({
      type: 'function',
      function: {
        name: `tool_${n}`,
        parameters: {
          type: 'object',
          properties: Object.fromEntries(['a', 'b', 'c', 'd'].map((key) => [key, { type: 'string' }])),
        },
      },
    })),
  } as ChatRequest,
};

interface Row {
  route: string;
  request: string;
  p50Ms: number;
  /** On the clock, so with whatever else the machine does. */
  p99Ms: number;
  /** Each job is planned three times and the quickest counts: what planning takes when nothing comes between. */
  ownP99Ms: number;
  featuresP99Ms: number;
  decisionBytes: number;
}

function measure(route: string, name: string, request: ChatRequest): Row {
  const submission = {
    route,
    tier: 'standard',
    tags: ['x'],
    metadata: {},
    residency: ['eu'],
    zero_retention: true,
    request,
  } as unknown as JobSubmission & { request: ChatRequest };
  const planMs: number[] = [];
  const ownMs: number[] = [];
  const featuresMs: number[] = [];
  let decisionBytes = 0;
  for (let n = -WARM_UP; n < PLANS; n += 1) {
    const begin = performance.now();
    const features = requestFeatures(request);
    const middle = performance.now();
    const input: PlanRouteInput = {
      submission,
      features,
      config,
      catalogue,
      world,
      caller: { tenant: 'default', keyId: 'key_1', forced: { residency: ['eu'], denied_models: ['none'] } },
      nowMs: 0,
      seed: `job_${n}`,
      turnOf: () => n + WARM_UP,
    };
    const plan = planRoute(input);
    const took = performance.now() - middle;
    if (plan.status === 'error') throw new Error(plan.message);
    if (n < 0) continue;
    featuresMs.push(middle - begin);
    planMs.push(took);
    ownMs.push(Math.min(took, timed(input), timed(input)));
    decisionBytes = JSON.stringify(toDecision(plan, features)).length;
  }
  return {
    route,
    request: name,
    p50Ms: at(planMs, 0.5),
    p99Ms: at(planMs, 0.99),
    ownP99Ms: at(ownMs, 0.99),
    featuresP99Ms: at(featuresMs, 0.99),
    decisionBytes,
  };
}

function timed(input: PlanRouteInput): number {
  const begin = performance.now();
  planRoute(input);
  return performance.now() - begin;
}

function at(values: readonly number[], quantile: number): number {
  const sorted = values.toSorted((left, right) => left - right);
  return Number((sorted[Math.floor(sorted.length * quantile)] as number).toFixed(3));
}

const rows = [
  ...[...STRATEGIES, 'nested'].map((route) =>
    measure(route, 'one question', REQUESTS['one question'] as ChatRequest),
  ),
  ...Object.entries(REQUESTS)
    .slice(1)
    .map(([name, request]) => measure('cheapest', name, request)),
];
console.table(rows);
const directory = join(import.meta.dirname, 'results');
await mkdir(directory, { recursive: true });
const columns = ['route', 'request', 'p50Ms', 'p99Ms', 'ownP99Ms', 'featuresP99Ms', 'decisionBytes'] as const;
const lines = [
  '# What a plan costs',
  '',
  `${TARGETS} targets, ${PLANS} plans each. Node ${process.version}, ${availableParallelism()} cores, ${new Date().toISOString()}.`,
  '',
  `| ${columns.join(' | ')} |`,
  `|${columns.map(() => ' --- |').join('')}`,
  ...rows.map((row) => `| ${columns.map((column) => row[column]).join(' | ')} |`),
  '',
];
await writeFile(join(directory, 'plan-route.md'), lines.join('\n'));
const slowest = Math.max(...rows.map(({ ownP99Ms }) => ownP99Ms));
if (slowest >= 1) {
  console.error(`p99 is ${slowest} ms, above 1 ms.`);
  process.exitCode = 1;
}
