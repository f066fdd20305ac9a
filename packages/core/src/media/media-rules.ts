export type MediaKind = 'image' | 'document' | 'audio' | 'video';

/** What one vendor takes as input besides text. */
export interface MediaRules {
  /** Media types by kind; none: the vendor does not take the kind at all. */
  readonly types: Readonly<Record<MediaKind, readonly string[]>>;
  /** Images of one request; null: no limit is known. */
  readonly maxImages: number | null;
  /** Of one file, decoded. */
  readonly maxBytes: Readonly<Record<MediaKind, number>>;
  /** Of all files sent within the request, decoded. */
  readonly maxTotalBytes: number;
}

const MB = 1024 * 1024;
const WEB_IMAGES = ['image/png', 'image/jpeg', 'image/gif', 'image/webp'];
const PDF = ['application/pdf'];
const SOUND = ['audio/wav', 'audio/mp3'];

const ordinary: MediaRules = {
  types: {
    image: WEB_IMAGES,
    document: [],
    audio: SOUND,
    video: ['video/mp4', 'video/webm', 'video/quicktime'],
  },
  maxImages: null,
  maxBytes: { image: 20 * MB, document: 32 * MB, audio: 25 * MB, video: 50 * MB },
  maxTotalBytes: 50 * MB,
};

/** Sources: each vendor's guides on vision, documents and sound. */
const RULES: Readonly<Record<string, MediaRules>> = {
  openai: {
    types: { image: WEB_IMAGES, document: PDF, audio: SOUND, video: [] },
    maxImages: 500,
    maxBytes: { image: 50 * MB, document: 50 * MB, audio: 25 * MB, video: 0 },
    maxTotalBytes: 50 * MB,
  },
  anthropic: {
    types: { image: WEB_IMAGES, document: PDF, audio: [], video: [] },
    maxImages: 100,
    maxBytes: { image: 5 * MB, document: 32 * MB, audio: 0, video: 0 },
    // The request may have 32 MB, in which base64 takes a third more.
    maxTotalBytes: 24 * MB,
  },
  google: {
    types: {
      image: ['image/png', 'image/jpeg', 'image/webp', 'image/heic', 'image/heif'],
      document: PDF,
      audio: ['audio/wav', 'audio/mp3', 'audio/aiff', 'audio/aac', 'audio/ogg', 'audio/flac'],
      video: [
        'video/mp4',
        'video/mpeg',
        'video/quicktime',
        'video/avi',
        'video/x-flv',
        'video/mpg',
        'video/webm',
        'video/wmv',
        'video/3gpp',
      ],
    },
    maxImages: 3_600,
    maxBytes: { image: 70 * MB, document: 50 * MB, audio: 70 * MB, video: 70 * MB },
    // The request may have 100 MB, in which base64 takes a third more.
    maxTotalBytes: 70 * MB,
  },
  openrouter: { ...ordinary, types: { ...ordinary.types, document: PDF } },
  deepseek: { ...ordinary, types: { image: [], document: [], audio: [], video: [] } },
  mistral: { ...ordinary, types: { image: WEB_IMAGES, document: [], audio: SOUND, video: [] }, maxImages: 8 },
  xai: { ...ordinary, types: { image: ['image/png', 'image/jpeg'], document: [], audio: [], video: [] } },
  ollama: { ...ordinary, types: { image: WEB_IMAGES, document: [], audio: [], video: [] } },
};

/** The rules of a provider's kind; servers whose models are not known get the ordinary ones. */
export function mediaRules(vendor: string): MediaRules {
  return (Object.hasOwn(RULES, vendor) ? RULES[vendor] : undefined) ?? ordinary;
}
