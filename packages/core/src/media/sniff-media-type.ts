const BRANDS: Readonly<Record<string, string>> = {
  heic: 'image/heic',
  heix: 'image/heic',
  hevc: 'image/heic',
  heim: 'image/heic',
  heis: 'image/heic',
  mif1: 'image/heif',
  msf1: 'image/heif',
  avif: 'image/avif',
  avis: 'image/avif',
  'qt  ': 'video/quicktime',
  'M4A ': 'audio/mp4',
};
const PDF_HEADER_WITHIN = 1_024;

/** How many bytes of a file {@link sniffMediaType} looks at. */
export const SNIFFED_BYTES = PDF_HEADER_WITHIN;

/**
 * The media type that the first bytes of a file speak of; null for none that a model takes.
 * Source: the formats' own signatures; a PDF's may stand anywhere in the first KB (ISO 32000, annex H).
 */
export function sniffMediaType(bytes: Uint8Array): string | null {
  const head = Buffer.from(bytes.subarray(0, PDF_HEADER_WITHIN)).toString('latin1');
  const at = (index: number): number => bytes[index] ?? 0;
  if (head.startsWith('\x89PNG\r\n\x1a\n')) return 'image/png';
  if (head.startsWith('\xff\xd8\xff')) return 'image/jpeg';
  if (/^GIF8[79]a/.test(head)) return 'image/gif';
  if (/^RIFF[^]{4}WEBP/.test(head)) return 'image/webp';
  if (/^RIFF[^]{4}WAVE/.test(head)) return 'audio/wav';
  if (/^[^]{4}ftyp/.test(head)) return BRANDS[head.slice(8, 12)] ?? 'video/mp4';
  if (head.startsWith('\x1aE\xdf\xa3')) return 'video/webm';
  if (head.startsWith('OggS')) return 'audio/ogg';
  if (head.startsWith('fLaC')) return 'audio/flac';
  if (head.startsWith('ID3')) return 'audio/mp3';
  if (head.includes('%PDF-')) return 'application/pdf';
  // An MPEG audio frame: eleven bits set, and a layer that is not reserved.
  if (at(0) === 0xff && (at(1) & 0xe0) === 0xe0 && (at(1) & 0x06) !== 0) return 'audio/mp3';
  return null;
}
