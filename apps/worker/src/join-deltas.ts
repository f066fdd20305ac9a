import type { ChatDelta } from '@sluice/contracts';

type Delta = ChatDelta['delta'];

/**
 * Two pieces of a stream as one that means the same; null when joining would change what a reader makes of them:
 * other choices, other kinds (their order counts), or another tool call.
 */
export function joinDeltas(first: ChatDelta, second: ChatDelta): ChatDelta | null {
  if (first.index !== second.index) return null;
  const { role, ...left } = first.delta;
  const { role: secondRole, ...right } = second.delta;
  if (secondRole !== undefined && secondRole !== role) return null;
  const joined = joinKind(left, right);
  return joined && { index: first.index, delta: { ...(role === undefined ? {} : { role }), ...joined } };
}

function joinKind(left: Delta, right: Delta): Delta | null {
  const kind = onlyKind(left);
  if (kind === null || kind !== onlyKind(right)) return null;
  switch (kind) {
    case 'content':
      return { content: `${left.content}${right.content}` };
    case 'refusal':
      return { refusal: `${left.refusal}${right.refusal}` };
    case 'reasoning':
      return { reasoning: `${left.reasoning}${right.reasoning}` };
    case 'reasoning_details':
      return { reasoning_details: [...(left.reasoning_details ?? []), ...(right.reasoning_details ?? [])] };
    case 'tool_calls':
      return joinToolCalls(left, right);
    default:
      return null;
  }
}

/** Arguments that go on; a piece with an id or a name begins a call. */
function joinToolCalls({ tool_calls: left = [] }: Delta, { tool_calls: right = [] }: Delta): Delta | null {
  const [first] = left;
  const [second] = right;
  if (left.length !== 1 || right.length !== 1 || !first || !second) return null;
  if (first.index !== second.index || second.id !== undefined || second.function.name !== undefined)
    return null;
  const text = `${first.function.arguments ?? ''}${second.function.arguments ?? ''}`;
  return { tool_calls: [{ ...first, function: { ...first.function, arguments: text } }] };
}

/** Null when there are several, or none. */
function onlyKind(delta: Delta): string | null {
  const kinds = Object.entries(delta).flatMap(([kind, value]) => (value === undefined ? [] : [kind]));
  return kinds.length === 1 ? (kinds[0] ?? null) : null;
}
