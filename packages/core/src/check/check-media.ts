import type { ModelEntry, UserPart, Warning } from '@sluice/contracts';
import { actualMediaType } from '../media/actual-media-type.ts';
import { mediaRules, type MediaKind, type MediaRules } from '../media/media-rules.ts';
import { parseDataUrl } from '../media/parse-data-url.ts';
import { maySupport, type CheckSubject } from './check-subject.ts';
import { refusal, type Refusal } from './refusal.ts';

interface MediaPart {
  kind: MediaKind;
  /** Data URL or https URL. */
  url: string;
  param: string;
}

const FEATURES: Readonly<Record<MediaKind, string>> = {
  image: 'vision',
  document: 'pdf_input',
  audio: 'audio_input',
  video: 'video_input',
};
const NOUNS: Readonly<Record<MediaKind, string>> = {
  image: 'images',
  document: 'PDF documents',
  audio: 'sound',
  video: 'video',
};
const SINGULAR: Readonly<Record<MediaKind, string>> = {
  image: 'an image',
  document: 'a PDF',
  audio: 'sound',
  video: 'a video',
};

/** Images, documents, sound and video: kind, media type, size and number. Files behind URLs are not looked at. */
export function checkMedia(subject: CheckSubject): Refusal | Warning[] {
  const rules = mediaRules(subject.vendor);
  const warnings: Warning[] = [];
  let images = 0;
  let totalBytes = 0;
  for (const part of mediaParts(subject)) {
    const unable = kindRefusal(part, rules, subject);
    if (unable) return unable;
    if (part.kind === 'image') images += 1;
    if (rules.maxImages !== null && images > rules.maxImages)
      return refusal('messages', `${subject.target} takes at most ${rules.maxImages} images in one request.`);
    const file = readFile(part, rules, subject.target);
    if (file.status === 'refused') return file;
    totalBytes += file.bytes;
    if (totalBytes > rules.maxTotalBytes)
      return refusal(
        'messages',
        `${subject.target} takes at most ${rules.maxTotalBytes} bytes of files in one request.`,
      );
    if (file.warning) warnings.push(file.warning);
  }
  return warnings;
}

function* mediaParts({ request }: CheckSubject): Generator<MediaPart> {
  for (const [index, { role, content }] of request.messages.entries()) {
    if (role !== 'user' || typeof content === 'string') continue;
    for (const [at, part] of content.entries()) {
      const media = mediaOf(part as UserPart);
      if (media) yield { ...media, param: `messages.${index}.content.${at}.${media.param}` };
    }
  }
}

function mediaOf(part: UserPart): MediaPart | null {
  switch (part.type) {
    case 'text':
      return null;
    case 'image_url':
      return { kind: 'image', url: part.image_url.url, param: 'image_url.url' };
    case 'file':
      return { kind: 'document', url: part.file.file_data, param: 'file.file_data' };
    case 'input_audio': {
      const { data, format } = part.input_audio;
      return { kind: 'audio', url: `data:audio/${format};base64,${data}`, param: 'input_audio.data' };
    }
    case 'video_url':
      return { kind: 'video', url: part.video_url.url, param: 'video_url.url' };
    default:
      return part satisfies never;
  }
}

function kindRefusal({ kind, param }: MediaPart, rules: MediaRules, subject: CheckSubject): Refusal | null {
  const able = rules.types[kind].length > 0 && modelTakes(kind, subject.vendor, subject.entry);
  return able ? null : refusal(param, `${subject.target} takes no ${NOUNS[kind]}.`);
}

export function modelTakes(kind: MediaKind, vendor: string, entry: ModelEntry): boolean {
  // Gemini models that see also hear, read PDFs and watch; the catalogue says it of none of them fully.
  if (vendor === 'google') return maySupport(entry, 'vision');
  return maySupport(entry, FEATURES[kind]) || (kind === 'video' && maySupport(entry, 'vision'));
}

type File = { status: 'ok'; bytes: number; warning: Warning | null };

function readFile({ kind, url, param }: MediaPart, rules: MediaRules, target: string): File | Refusal {
  if (!/^data:/i.test(url)) {
    return URL.canParse(url) && new URL(url).protocol === 'https:'
      ? { status: 'ok', bytes: 0, warning: null }
      : refusal(param, 'A file is given as an https URL or as a data URL.');
  }
  const data = parseDataUrl(url);
  if (data.status === 'malformed') return refusal(param, `The data URL can't be read: ${data.why}.`);
  const found = actualMediaType(data.base64, data.mediaType);
  if (found === null || !isOfKind(found, kind)) {
    const what = found === null ? 'its bytes are of no known format' : `its bytes are ${found}`;
    return refusal(param, `This is not ${SINGULAR[kind]}: ${what}.`);
  }
  if (!rules.types[kind].includes(found)) {
    const taken = rules.types[kind].join(', ');
    return refusal(param, `${target} does not take ${found}; it takes ${taken}.`);
  }
  if (data.bytes > rules.maxBytes[kind]) {
    const most = rules.maxBytes[kind];
    return refusal(param, `The file has ${data.bytes} bytes; ${target} takes at most ${most}.`);
  }
  return { status: 'ok', bytes: data.bytes, warning: declaredAs(data.mediaType, found, param) };
}

function isOfKind(mediaType: string, kind: MediaKind): boolean {
  return kind === 'document' ? mediaType === 'application/pdf' : mediaType.startsWith(`${kind}/`);
}

const ALIASES: Readonly<Record<string, string>> = {
  'image/jpg': 'image/jpeg',
  'audio/mpeg': 'audio/mp3',
  'audio/x-wav': 'audio/wav',
};

function declaredAs(declared: string, found: string, param: string): Warning | null {
  const plain = ALIASES[declared] ?? declared;
  if (plain === found) return null;
  const message = `${param} was changed: declared as ${declared}, sent as the ${found} that it is.`;
  return { code: 'parameter_changed', message, param };
}
