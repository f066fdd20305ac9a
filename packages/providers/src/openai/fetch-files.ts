import type { ChatRequest } from '@sluice/contracts';
import type { MediaReader } from '../media/media-source.ts';

/**
 * Data URLs of the request's files that are given by URL, which chat completions do not take; images may stay URLs.
 * Throws `UnsendableRequest` when one can't be had. Source: OpenAI's guide "File inputs".
 */
export async function fetchFiles(
  { messages }: ChatRequest,
  openReader: () => MediaReader,
): Promise<ReadonlyMap<string, string>> {
  const urls = new Set<string>();
  for (const { role, content } of messages) {
    if (role !== 'user' || typeof content === 'string') continue;
    for (const part of content) {
      if (part.type === 'file' && /^https?:/i.test(part.file.file_data)) urls.add(part.file.file_data);
    }
  }
  if (urls.size === 0) return new Map();
  const reader = openReader();
  return new Map(
    await Promise.all(
      [...urls].map(async (url) => {
        const { mediaType, base64 } = await reader.read({ kind: 'document', url });
        return [url, `data:${mediaType};base64,${base64}`] as const;
      }),
    ),
  );
}
