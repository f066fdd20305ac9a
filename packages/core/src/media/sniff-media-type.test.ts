import { describe, expect, it } from 'vitest';
import { parseDataUrl } from './parse-data-url.ts';
import { sniffMediaType } from './sniff-media-type.ts';

describe('sniffMediaType', () => {
  it.each([
    ['image/png', '\x89PNG\r\n\x1a\n'],
    ['image/jpeg', '\xff\xd8\xff\xe0'],
    ['image/gif', 'GIF87a'],
    ['image/webp', 'RIFF\x00\x00\x00\x00WEBP'],
    ['image/heic', '\x00\x00\x00\x18ftypheic'],
    ['image/heif', '\x00\x00\x00\x18ftypmif1'],
    ['video/mp4', '\x00\x00\x00\x18ftypisom'],
    ['audio/wav', 'RIFF\x00\x00\x00\x00WAVE'],
    ['audio/mp3', 'ID3\x04'],
    ['audio/mp3', '\xff\xfb\x90\x00'],
    ['application/pdf', '%PDF-1.7'],
    ['application/pdf', '\xef\xbb\xbf\n%PDF-1.4'],
    [null, 'RIFF\x00\x00\x00\x00AVI '],
    [null, '<html>'],
    [null, ''],
    [null, '\xff\xf1\x50'],
  ])('finds %s', (expected, head) => {
    expect(sniffMediaType(Buffer.from(head, 'latin1'))).toBe(expected);
  });
});

describe('parseDataUrl', () => {
  it('reads type, data and size', () => {
    expect(parseDataUrl('data:Image/PNG;charset=x;base64,aGVsbG8')).toEqual({
      status: 'ok',
      mediaType: 'image/png',
      base64: 'aGVsbG8=',
      bytes: 5,
    });
  });

  it.each(['data:image/png;base64', 'https://x.test/', 'data:;base64,a', 'data:image/png;base64,a b='])(
    'refuses %s',
    (url) => {
      expect(parseDataUrl(url).status).toBe('malformed');
    },
  );
});
