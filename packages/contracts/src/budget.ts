import { z } from 'zod';

/** What a budget is about: the whole installation, or one key, tenant, tag, task, route, provider or model (target). */
export const BUDGET_SCOPES = [
  'installation',
  'tenant',
  'key',
  'tag',
  'task',
  'route',
  'provider',
  'model',
] as const;
export type BudgetScope = (typeof BUDGET_SCOPES)[number];

const usd = z.number().positive();

/** One budget of `sluice.yaml`, in US dollars. Days and months are UTC. */
export const budgetConfigSchema = z
  .strictObject({
    scope: z.enum(BUDGET_SCOPES),
    /** Whose; absent: each has one of this size. */
    name: z.string().min(1).max(256).optional(),
    day_usd: usd.optional(),
    month_usd: usd.optional(),
    /** Part of the budget from which on the router turns to cheaper targets. */
    soft: z.number().min(0).max(1).default(0.8),
    /** `hold`: jobs wait until there is room again, or their deadline comes. `refuse`: they fail, new ones at submit. */
    on_exceed: z.enum(['hold', 'refuse']).default('hold'),
    /**
     * What is set aside while a call runs: the most that it can cost (`worst_case`: the budget is never exceeded), or
     * what it is expected to cost (`expected`: more calls at once, and the last of them may exceed it).
     */
    reserve: z.enum(['worst_case', 'expected']).default('worst_case'),
  })
  .refine(({ day_usd: day, month_usd: month }) => day !== undefined || month !== undefined, {
    path: ['day_usd'],
    error: 'give day_usd, month_usd or both',
  })
  .refine(({ scope, name }) => scope !== 'installation' || name === undefined, {
    path: ['name'],
    error: 'the installation has no name',
  });
export type BudgetConfig = z.infer<typeof budgetConfigSchema>;

export const budgetLevelSchema = z.enum(['ok', 'soft', 'hard']);
export type BudgetLevel = z.infer<typeof budgetLevelSchema>;

/** A budget as the API shows it. */
export const budgetStatusSchema = z.object({
  object: z.literal('budget'),
  scope: z.enum(BUDGET_SCOPES),
  name: z.string().nullable(),
  on_exceed: z.enum(['hold', 'refuse']),
  /** `soft`: cheaper targets go first. `hard`: nothing more can start for now. */
  level: budgetLevelSchema,
  /** Set aside for calls that run. */
  reserved_usd: z.number(),
  day: z.object({ limit_usd: z.number().nullable(), spent_usd: z.number() }),
  month: z.object({ limit_usd: z.number().nullable(), spent_usd: z.number() }),
});
export type BudgetStatus = z.infer<typeof budgetStatusSchema>;
