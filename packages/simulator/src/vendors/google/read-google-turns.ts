import { isObject } from '../is-object.ts';
import type { SimulatedTurn } from '../simulated-chat.ts';
import { GoogleInvalid } from './google-invalid.ts';
import { readGoogleContent, type GoogleContent } from './read-google-content.ts';

/** Models that insist on the signatures of the current turn's calls. Source: Gemini API docs "Thought signatures". */
const INSISTS = /^gemini-([3-9]|\d\d)/;
const MAX_IMAGES = 3_600;

function isResponse(content: GoogleContent | undefined): boolean {
  return content !== undefined && content.results.length > 0;
}

/** Calls follow the user, answers follow calls, as many as there were. */
function checkOrder(contents: readonly GoogleContent[]): void {
  contents.forEach((content, index) => {
    const before = contents[index - 1];
    const after = contents[index + 1];
    if (content.calls.length > 0) {
      if (content.role !== 'model') {
        throw new GoogleInvalid('Please ensure that function call turn contains the role: model.');
      }
      if (!before || before.role === 'model') {
        throw new GoogleInvalid(
          'Please ensure that function call turn comes immediately after a user turn or after a function response turn.',
        );
      }
      if (after && after.results.length !== content.calls.length) {
        throw new GoogleInvalid(
          'Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.',
        );
      }
    }
    if (isResponse(content) && (before?.calls.length ?? 0) === 0) {
      throw new GoogleInvalid(
        'Please ensure that function response turn comes immediately after a function call turn.',
      );
    }
  });
}

/** In the current turn, which begins with what the user said last, the first call of each step is signed. */
function checkSignatures(contents: readonly GoogleContent[]): void {
  const start = contents.findLastIndex((content) => content.role !== 'model' && !isResponse(content));
  contents.forEach(({ calls }, index) => {
    const [first] = calls;
    if (index < start || !first || first.signed) return;
    throw new GoogleInvalid(
      `Function call is missing a thought_signature in functionCall parts. This is required for tools to work correctly, and missing thought_signature may lead to degraded model performance. Additional data, function call \`default_api:${first.name}\` , position ${index + 1}. Please refer to https://ai.google.dev/gemini-api/docs/thought-signatures for more details.`,
    );
  });
}

function turnOf({ role, text, media, calls, results }: GoogleContent): SimulatedTurn {
  return {
    role: role === 'model' ? 'assistant' : 'user',
    text,
    ...(media.length > 0 ? { media } : {}),
    ...(calls.length > 0 ? { toolCalls: calls.map(({ signed: _signed, ...call }) => call) } : {}),
    ...(results.length > 0 ? { toolResults: results } : {}),
  };
}

/** The contents of a request in the order that Google demands. */
export function readGoogleTurns(value: unknown, model: string): SimulatedTurn[] {
  const list = isObject(value) ? [value] : value;
  if (!Array.isArray(list) || list.length === 0) {
    throw new GoogleInvalid('* GenerateContentRequest.contents: contents is not specified\n');
  }
  const contents = list.map((item: unknown, index) => {
    const at = `contents[${index}]`;
    const content = readGoogleContent(item, { at, proto: at });
    const { role } = content;
    const isFunctionRole = role === 'function' && isResponse(content);
    if (role !== null && role !== 'user' && role !== 'model' && !isFunctionRole) {
      throw new GoogleInvalid('Please use a valid role: user, model.');
    }
    return content;
  });
  checkOrder(contents);
  if (INSISTS.test(model)) checkSignatures(contents);
  const images = contents.flatMap(({ media }) => media).filter(({ kind }) => kind === 'image').length;
  if (images > MAX_IMAGES) {
    throw new GoogleInvalid(`Please use fewer than ${MAX_IMAGES} images in your request to models/${model}`);
  }
  return contents.map(turnOf);
}
