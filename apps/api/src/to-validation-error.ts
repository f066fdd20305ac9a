import { ApiError } from '@sluice/contracts';
import type { z } from 'zod';
import { UNSUPPORTED_FIELDS } from './unsupported-fields.ts';

interface Fault {
  /** Path of the field, dots between its parts; empty for the whole body. */
  param: string;
  message: string;
  supported: boolean;
}

const MAX_FAULTS_SHOWN = 8;

/** What is wrong with a request, all faults in one message and the first one's path as `param`. */
export function toValidationError(error: z.core.$ZodError, place: string): ApiError {
  const faults = error.issues.flatMap((issue) => describe(issue, []));
  // A field that does not exist outranks one that does not work yet: it is the caller's to correct.
  const first = faults.find((fault) => fault.supported) ?? (faults[0] as Fault);
  const shown = faults.slice(0, MAX_FAULTS_SHOWN).map(({ message }) => message);
  const rest = faults.length - shown.length;
  return new ApiError(
    first.supported ? 'invalid_request' : 'unsupported_option',
    `${shown.join('; ')}${rest > 0 ? `; and ${rest} more` : ''}.`,
    { param: first.param || place },
  );
}

function describe(issue: z.core.$ZodIssue, parent: readonly PropertyKey[]): Fault[] {
  const path = [...parent, ...issue.path];
  const param = path.map(String).join('.');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const full = param ? `${param}.${key}` : key;
      return UNSUPPORTED_FIELDS.has(full)
        ? { param: full, message: `${full} does not work in this release`, supported: false }
        : { param: full, message: `${full} is not a known field`, supported: true };
    });
  }
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    return describeUnion(issue.errors, path, param);
  }
  const message = `${param || 'the body'} ${text(issue)}`;
  return [{ param, message, supported: !/in this release/.test(issue.message) }];
}

/**
 * The branch that was meant is the one whose `type` and `role` are right, and of these the one that got furthest; when
 * no branch has that type, all of them say which they take, and when none got anywhere, what they take.
 */
function describeUnion(branches: z.core.$ZodIssue[][], path: readonly PropertyKey[], param: string): Fault[] {
  const depth = (branch: z.core.$ZodIssue[]): number => branch[0]?.path.length ?? 0;
  const far = branches.filter((branch) => depth(branch) > 0);
  const meant = far.filter((branch) => !branch.some(isOtherKind));
  const best = meant.toSorted((left, right) => depth(right) - depth(left))[0];
  if (best) return best.flatMap((issue) => describe(issue, path));
  if (far.length > 0) return [wrongKind(far, path)];
  const expected = branches
    .flatMap((branch) => branch.slice(0, 1))
    .map((issue) =>
      issue.code === 'invalid_type' ? article(issue.expected) : text(issue).replace(/^must be /, ''),
    );
  const message = `${param || 'the body'} must be ${[...new Set(expected)].join(' or ')}`;
  return [{ param, message, supported: true }];
}

/** Whether the value is of another kind than the branch is about. */
function isOtherKind(issue: z.core.$ZodIssue): boolean {
  const [field] = issue.path;
  if (issue.code === 'unrecognized_keys' && issue.path.length === 0) return issue.keys.includes('role');
  return issue.code === 'invalid_value' && issue.path.length === 1 && (field === 'type' || field === 'role');
}

function wrongKind(branches: z.core.$ZodIssue[][], path: readonly PropertyKey[]): Fault {
  const others = branches
    .map((branch) =>
      branch.flatMap((issue) => (issue.code === 'invalid_value' && isOtherKind(issue) ? [issue] : [])),
    )
    .filter((issues) => issues.length > 0);
  // Of branches whose type is right, only the role is wrong.
  const ofRole = others.filter((issues) => issues.every(({ path: [field] }) => field === 'role'));
  const ofType = others.flat().filter(({ path: [field] }) => field === 'type');
  const asked = ofRole.length > 0 ? ofRole.flat() : ofType;
  const values = new Set(asked.flatMap((issue) => issue.values.map(String)));
  const param = [...path, ...(asked[0]?.path ?? [])].map(String).join('.');
  return { param, message: `${param} must be one of ${[...values].join(', ')}`, supported: true };
}

function text(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type') {
    // Fastify hands on a missing body as null.
    const missing = issue.path.length === 0 ? /received (undefined|null)/ : /received undefined/;
    return missing.test(issue.message) ? 'is required' : `must be ${article(issue.expected)}`;
  }
  if (issue.code === 'invalid_value' && issue.message.startsWith('Invalid ')) {
    return `must be one of ${issue.values.map(String).join(', ')}`;
  }
  if (issue.code === 'invalid_union') return accepted(issue);
  if (issue.code === 'too_small' || issue.code === 'too_big') {
    return issue.message.startsWith('Too ')
      ? issue.message.replace(/^Too (small|big): expected \w+ to/, 'must')
      : issue.message;
  }
  return issue.message.startsWith('Invalid ') ? `is not valid (${issue.message})` : issue.message;
}

function article(type: string): string {
  return `${/^[aeio]/.test(type) ? 'an' : 'a'} ${type === 'int' ? 'integer' : type}`;
}

function accepted(issue: z.core.$ZodIssueInvalidUnion): string {
  const options = 'options' in issue && Array.isArray(issue.options) ? issue.options : [];
  return options.length > 0
    ? `must be one of ${options.map(String).join(', ')}`
    : 'is not one of the accepted values';
}
