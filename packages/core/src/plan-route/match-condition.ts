import { WEEKDAYS, type RouteCondition, type Tier } from '@sluice/contracts';
import type { RequestFeatures } from './request-features.ts';

/** What conditions of rules look at. */
export interface ConditionSubject {
  features: RequestFeatures;
  tier: Tier;
  tags: readonly string[];
  metadata: Readonly<Record<string, string>>;
  tenant: string;
  keyId: string;
  nowMs: number;
}

/** Whether everything that a condition names holds. What is not known (task, complexity) holds never. */
export function matchesCondition(condition: RouteCondition, subject: ConditionSubject): boolean {
  const { features } = subject;
  return (
    includes(condition.task, features.task) &&
    includes(condition.tier, subject.tier) &&
    includes(condition.tenant, subject.tenant) &&
    includes(condition.key, subject.keyId) &&
    (condition.tags?.some((tag) => subject.tags.includes(tag)) ?? true) &&
    (condition.needs?.some((need) => features.needs.includes(need)) ?? true) &&
    within(condition.input_tokens, features.inputTokens) &&
    within(condition.output_tokens, features.outputTokens) &&
    within(condition.complexity, features.complexity) &&
    hasMetadata(condition.metadata, subject.metadata) &&
    isAtTime(condition, subject.nowMs)
  );
}

function includes<Value>(wanted: readonly Value[] | undefined, value: Value | null): boolean {
  return wanted === undefined || (value !== null && wanted.includes(value));
}

function within(
  range: { min?: number | undefined; max?: number | undefined } | undefined,
  value: number | null,
) {
  if (range === undefined) return true;
  return value !== null && value >= (range.min ?? -Infinity) && value <= (range.max ?? Infinity);
}

function hasMetadata(
  wanted: RouteCondition['metadata'],
  metadata: Readonly<Record<string, string>>,
): boolean {
  return Object.entries(wanted ?? {}).every(
    ([name, values]) => Object.hasOwn(metadata, name) && values.includes(metadata[name] as string),
  );
}

function isAtTime({ time, days }: RouteCondition, nowMs: number): boolean {
  if (time === undefined && days === undefined) return true;
  const now = new Date(nowMs);
  if (days && !days.includes(WEEKDAYS[now.getUTCDay()] as (typeof WEEKDAYS)[number])) return false;
  if (time === undefined) return true;
  const [from = 0, to = 0] = time.split('-').map(minutesOf);
  const minute = now.getUTCHours() * 60 + now.getUTCMinutes();
  return from <= to ? minute >= from && minute < to : minute >= from || minute < to;
}

function minutesOf(clock: string): number {
  const [hours = 0, minutes = 0] = clock.split(':').map(Number);
  return hours * 60 + minutes;
}
