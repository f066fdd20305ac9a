import type { RenderedRequest } from '../call/run-call.ts';
import type { MediaReader } from '../media/media-source.ts';
import type { ProviderCall } from '../provider-adapter.ts';
import { buildConversation } from '../request/build-conversation.ts';
import { mergeProviderOptions } from '../request/merge-provider-options.ts';
import { stopSequences } from '../request/stop-sequences.ts';
import { tokenLimit } from '../request/token-limit.ts';
import { answerFormat } from './answer-format.ts';
import { geminiModel } from './gemini-model.ts';
import { answerParameters, samplingParameters } from './generation-parameters.ts';
import type { GoogleBody } from './google-body.ts';
import { googleOptions } from './google-options.ts';
import { serviceTier } from './service-tier.ts';
import { thinkingConfig } from './thinking-config.ts';
import { toContents } from './to-contents.ts';
import { toolParameters } from './tool-parameters.ts';
import { unsentFields } from './unsent-fields.ts';

const MAX_STOPS = 5;

/** The request in the generateContent format. Throws `UnsendableRequest` for one that Gemini can't take. */
export async function toRequest(
  call: ProviderCall,
  media: MediaReader,
): Promise<RenderedRequest<GoogleBody>> {
  const { entry, request } = call;
  const model = geminiModel(call.model);
  const conversation = buildConversation(request);
  const { contents, warnings } = await toContents(conversation.turns, { model, media });
  const limit = tokenLimit(request, entry.max_output_tokens);
  const sampling = samplingParameters(call);
  const stop = stopSequences(request, { maxCount: MAX_STOPS });
  const answers = answerParameters(request);
  const format = answerFormat(call);
  const thinking = thinkingConfig(call);
  const tools = toolParameters(call);
  const tier = serviceTier(request, model);
  const system = [
    ...conversation.system.map(({ text }) => text),
    ...(format.instruction ? [format.instruction] : []),
  ];
  const body: GoogleBody = {
    contents,
    ...(system.length > 0
      ? { systemInstruction: { role: 'system', parts: system.map((text) => ({ text })) } }
      : {}),
    ...tools.fields,
    ...tier.fields,
    generationConfig: {
      ...(limit.limit === null ? {} : { maxOutputTokens: limit.limit }),
      ...sampling.fields,
      ...(stop.sequences ? { stopSequences: stop.sequences } : {}),
      ...answers.fields,
      ...format.fields,
      ...thinking.fields,
    },
  };
  const merged = withOptions(body, request);
  return {
    body: merged.body,
    warnings: [
      ...conversation.warnings,
      ...warnings,
      ...limit.warnings,
      ...sampling.warnings,
      ...stop.warnings,
      ...answers.warnings,
      ...format.warnings,
      ...thinking.warnings,
      ...tools.warnings,
      ...tier.warnings,
      ...unsentFields(request),
      ...merged.warnings,
    ],
  };
}

/** The vendor's own tools stand beside the declared functions: they do not replace them. */
function withOptions(body: GoogleBody, request: ProviderCall['request']): RenderedRequest<GoogleBody> {
  const { tools, ...options } = googleOptions(request);
  const all = Array.isArray(tools)
    ? [...(body.tools ?? []), ...(structuredClone(tools) as object[])]
    : body.tools;
  const base = all ? { ...body, tools: all as NonNullable<GoogleBody['tools']> } : body;
  return mergeProviderOptions(base, { ...request, provider_options: { google: options } }, ['google']);
}
