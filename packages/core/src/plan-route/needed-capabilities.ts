import type { Capability, ChatRequest, UserPart } from '@sluice/contracts';

const CAPABILITY_OF_PART: Readonly<Record<UserPart['type'], Capability | null>> = {
  text: null,
  image_url: 'vision',
  file: 'pdf',
  input_audio: 'audio',
  video_url: 'video',
};

/** What a request needs of a model, each once, in a fixed order of discovery. */
export function neededCapabilities(request: ChatRequest): Capability[] {
  const needs = new Set<Capability>();
  if (request.tools && request.tools.length > 0) needs.add('tools');
  for (const { role, content } of request.messages) {
    if (role !== 'user' || typeof content === 'string') continue;
    for (const part of content) {
      const need = CAPABILITY_OF_PART[part.type];
      if (need !== null) needs.add(need);
    }
  }
  if (request.response_format?.type === 'json_schema') needs.add('json_schema');
  const effort = request.reasoning_effort ?? 'none';
  if (effort !== 'none') needs.add('reasoning');
  return [...needs];
}
