import type { ChatRequest } from '@sluice/contracts';
import { describe, expect, it } from 'vitest';
import { estimateTokens, promptBytes } from './estimate-tokens.ts';
import { imageSize } from './image-size.ts';
import { imageTokens } from './image-tokens.ts';
import { mediaTokens } from './media-tokens.ts';

function png(width: number, height: number): string {
  const bytes = Buffer.alloc(33);
  bytes.write('\x89PNG\r\n\x1a\n', 'latin1');
  bytes.writeUInt32BE(width, 16);
  bytes.writeUInt32BE(height, 20);
  return bytes.toString('base64');
}
function jpeg(width: number, height: number): string {
  const app = Buffer.alloc(2 + 300);
  app.writeUInt16BE(0xff_e1, 0);
  app.writeUInt16BE(300, 2);
  const frame = Buffer.alloc(19);
  frame.writeUInt16BE(0xff_c2, 0);
  frame.writeUInt16BE(17, 2);
  frame.writeUInt16BE(height, 5);
  frame.writeUInt16BE(width, 7);
  return Buffer.concat([Buffer.from([0xff, 0xd8]), app, frame]).toString('base64');
}
function gif(width: number, height: number): string {
  const bytes = Buffer.alloc(40);
  bytes.write('GIF89a');
  bytes.writeUInt16LE(width, 6);
  bytes.writeUInt16LE(height, 8);
  return bytes.toString('base64');
}
function webp(width: number, height: number): string {
  const bytes = Buffer.alloc(40);
  bytes.write('RIFF', 0);
  bytes.write('WEBPVP8X', 8);
  bytes.writeUIntLE(width - 1, 24, 3);
  bytes.writeUIntLE(height - 1, 27, 3);
  return bytes.toString('base64');
}
const ask = (fields: Partial<ChatRequest>): ChatRequest => ({
  messages: [{ role: 'user', content: 'twelve bytes' }],
  ...fields,
});
const showing = (part: object): ChatRequest =>
  ({ messages: [{ role: 'user', content: [part] }] }) as ChatRequest;

describe('imageSize', () => {
  it.each([
    ['PNG', png],
    ['JPEG', jpeg],
    ['GIF', gif],
    ['WebP', webp],
  ])('reads a %s', (_format, make) => {
    expect(imageSize(make(640, 480))).toEqual({ width: 640, height: 480 });
  });

  it.each(['', 'AAAA', Buffer.alloc(64).toString('base64'), jpeg(1, 1).slice(0, 40), png(0, 5)])(
    'says nothing about %j',
    (data) => {
      expect(imageSize(data)).toBeNull();
    },
  );
});

describe('imageTokens', () => {
  it.each([
    ['openai', 1_024, 1_024, 'auto', 765],
    ['openai', 4_096, 2_048, 'high', 1_105],
    ['openai', 4_096, 2_048, 'low', 85],
    ['openai', 100, 100, 'auto', 255],
    ['anthropic', 200, 200, 'auto', 54],
    ['anthropic', 1_092, 1_092, 'auto', 1_590],
    ['anthropic', 8_000, 8_000, 'auto', 1_600],
    ['google', 300, 300, 'auto', 258],
    ['google', 960, 540, 'auto', 1_548],
  ] as const)('%s: %d × %d at %s takes %d', (vendor, width, height, detail, tokens) => {
    expect(imageTokens({ size: { width, height }, detail }, vendor)).toBe(tokens);
  });

  it('takes the dearest where the vendor is not known', () => {
    const image = { size: { width: 1_092, height: 1_092 }, detail: 'auto' as const };
    expect(imageTokens(image)).toBe(1_590);
  });
});

describe('mediaTokens', () => {
  it('counts images by size and detail', () => {
    const url = `data:image/png;base64,${png(4_096, 2_048)}`;
    expect(mediaTokens(showing({ type: 'image_url', image_url: { url } }), 'openai')).toBe(1_105);
    expect(mediaTokens(showing({ type: 'image_url', image_url: { url, detail: 'low' } }), 'openai')).toBe(85);
  });

  it('counts the pages of a PDF where they can be seen, else its size', () => {
    const pages = '%PDF-1.7 /Type /Pages << /Type /Page >> << /Type/Page /Parent 1 0 R >>';
    const seen = `data:application/pdf;base64,${Buffer.from(pages).toString('base64')}`;
    const packed = `data:application/pdf;base64,${Buffer.alloc(220_000, 1).toString('base64')}`;
    expect(mediaTokens(showing({ type: 'file', file: { file_data: seen } }), 'anthropic')).toBe(6_000);
    expect(mediaTokens(showing({ type: 'file', file: { file_data: packed } }), 'anthropic')).toBe(15_000);
    expect(
      mediaTokens(showing({ type: 'file', file: { file_data: 'https://a.example/b.pdf' } }), 'google'),
    ).toBe(5_600);
  });

  it('counts sound and video by length', () => {
    const data = Buffer.alloc(160_000).toString('base64');
    expect(mediaTokens(showing({ type: 'input_audio', input_audio: { data, format: 'mp3' } }))).toBe(321);
    expect(mediaTokens(showing({ type: 'video_url', video_url: { url: 'https://a.example/v.mp4' } }))).toBe(
      18_000,
    );
  });
});

describe('estimateTokens of everything that is no message text', () => {
  it('counts schemas, tool calls and structured output', () => {
    const bare = promptBytes(ask({}));
    const tool = { type: 'function' as const, function: { name: 'f', parameters: { type: 'object' } } };
    expect(promptBytes(ask({ tools: [tool] })) - bare).toBe(
      '{"name":"f","parameters":{"type":"object"}}'.length,
    );
    const call = { id: 'c', type: 'function' as const, function: { name: 'f', arguments: '{"a":1}' } };
    const called = ask({
      messages: [...ask({}).messages, { role: 'assistant', content: null, tool_calls: [call] }],
    });
    expect(promptBytes(called) - bare).toBe('f{"a":1}'.length);
  });

  it('expects thoughts only where no limit holds them', () => {
    expect(estimateTokens(ask({ reasoning_effort: 'high' })).output).toBe(512 + 8_192);
    expect(estimateTokens(ask({ reasoning_effort: 'high', max_completion_tokens: 100 })).output).toBe(100);
    expect(estimateTokens(ask({ reasoning_effort: null })).output).toBe(512);
  });

  it('counts every answer of several', () => {
    expect(estimateTokens(ask({ n: 3, max_tokens: 10 })).output).toBe(30);
  });
});
