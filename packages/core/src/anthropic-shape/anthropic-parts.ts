import type { CacheControl, UserPart, Warning } from '@sluice/contracts';
import type { AnthropicUserBlock } from './anthropic-content.ts';

type ContentBlock = Exclude<AnthropicUserBlock, { type: 'tool_result' }>;

/** The mark as a part carries it; nothing where there is none. */
export function markOf(cacheControl: CacheControl | null | undefined): { cache_control?: CacheControl } {
  return cacheControl ? { cache_control: cacheControl } : {};
}

function dropped(param: string, what: string): Warning {
  return { code: 'parameter_dropped', message: `${param} was not kept: ${what}.`, param };
}

/**
 * A text, image or document block as a part of a user message. Plain-text documents become text under their title;
 * `context` becomes text before the document. Citations can not be asked for.
 */
export function anthropicParts(
  block: ContentBlock,
  param: string,
): { parts: UserPart[]; warnings: Warning[] } {
  const mark = markOf(block.cache_control);
  switch (block.type) {
    case 'text': {
      const warnings = block.citations?.length
        ? [dropped(`${param}.citations`, 'the answer format has no place for citations')]
        : [];
      return { parts: [{ type: 'text', text: block.text, ...mark }], warnings };
    }
    case 'image': {
      const { source } = block;
      const url = source.type === 'url' ? source.url : `data:${source.media_type};base64,${source.data}`;
      return { parts: [{ type: 'image_url', image_url: { url }, ...mark }], warnings: [] };
    }
    case 'document': {
      const { source, title, context, citations } = block;
      const warnings = citations?.enabled
        ? [dropped(`${param}.citations`, 'the answer format has no place for citations')]
        : [];
      const before: UserPart[] = context ? [{ type: 'text', text: context }] : [];
      if (source.type === 'text') {
        const text = title ? `${title}\n\n${source.data}` : source.data;
        return { parts: [...before, { type: 'text', text, ...mark }], warnings };
      }
      const data = source.type === 'url' ? source.url : `data:application/pdf;base64,${source.data}`;
      const file = { file_data: data, ...(title ? { filename: title.slice(0, 256) } : {}) };
      return { parts: [...before, { type: 'file', file, ...mark }], warnings };
    }
  }
}
