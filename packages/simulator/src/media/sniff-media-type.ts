const SIGNATURES: readonly (readonly [string, (bytes: Buffer) => boolean])[] = [
  ['image/png', (bytes) => bytes.subarray(0, 8).equals(Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'))],
  ['image/jpeg', (bytes) => bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff],
  ['image/gif', (bytes) => /^GIF8[79]a/.test(latin(bytes, 0, 6))],
  ['image/webp', (bytes) => latin(bytes, 0, 4) === 'RIFF' && latin(bytes, 8, 12) === 'WEBP'],
  ['audio/wav', (bytes) => latin(bytes, 0, 4) === 'RIFF' && latin(bytes, 8, 12) === 'WAVE'],
  ['application/pdf', (bytes) => latin(bytes, 0, 1_024).includes('%PDF-')],
  [
    'audio/mp3',
    (bytes) => latin(bytes, 0, 3) === 'ID3' || (bytes[0] === 0xff && (bytes[1]! & 0xe0) === 0xe0),
  ],
  ['video/mp4', (bytes) => latin(bytes, 4, 8) === 'ftyp'],
];

function latin(bytes: Buffer, from: number, to: number): string {
  return bytes.toString('latin1', from, to);
}

/** What the first bytes say that it is; null when they say nothing known. */
export function sniffMediaType(bytes: Buffer): string | null {
  return SIGNATURES.find(([, fits]) => fits(bytes))?.[0] ?? null;
}
