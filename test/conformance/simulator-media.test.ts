import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { simulatedVendors, type SimulatedVendors } from '../support/simulated-vendors.ts';
import { tinyJpeg } from '../support/tiny-jpeg.ts';
import { tinyPdf } from '../support/tiny-pdf.ts';
import { tinyPng } from '../support/tiny-png.ts';
import { tinyWav } from '../support/tiny-wav.ts';

const PNG = tinyPng(1_000, 750).toString('base64');
const NOT_MEDIA = Buffer.from('not a picture at all').toString('base64');
const text = { type: 'text', text: 'x' };

let vendors: SimulatedVendors;
beforeAll(async () => {
  vendors = await simulatedVendors();
});
afterAll(() => vendors.close());

interface Answer {
  status: number;
  message: string;
  body: unknown;
}

describe('openai', () => {
  const ask = (parts: object[], model = 'gpt-4.1', role = 'user'): Promise<Answer> =>
    vendors.post('/openai/v1/chat/completions', {
      model,
      messages: [{ role, content: [text, ...parts] }],
    });
  const image = (url: string, more: object = {}): object => ({
    type: 'image_url',
    image_url: { url, ...more },
  });
  const file = (more: object): object => ({ type: 'file', file: { filename: 'a.pdf', ...more } });
  const promptTokens = ({ body }: Answer): number =>
    (body as { usage: { prompt_tokens: number } }).usage.prompt_tokens - 8;

  test('counts images by tiles or patches, documents by pages, sound by seconds', async () => {
    const url = `data:image/png;base64,${PNG}`;
    expect(promptTokens(await ask([image(url)]))).toBe(85 + 170 * 4);
    expect(promptTokens(await ask([image(url, { detail: 'low' })]))).toBe(85);
    expect(promptTokens(await ask([image(url)], 'gpt-5.4-mini'))).toBe(Math.ceil(32 * 24 * 1.62));
    expect(promptTokens(await ask([image('https://example.com/a.png')]))).toBe(85 + 170 * 4);
    const data = `data:application/pdf;base64,${tinyPdf(3).toString('base64')}`;
    expect(promptTokens(await ask([file({ file_data: data })]))).toBe(3_000);
    const sound = {
      type: 'input_audio',
      input_audio: { data: tinyWav(2).toString('base64'), format: 'wav' },
    };
    const heard = await ask([sound], 'gpt-audio');
    expect(promptTokens(heard)).toBe(20);
    expect(heard.body).toMatchObject({ usage: { prompt_tokens_details: { audio_tokens: 20 } } });
  });

  test.each([
    [image(`data:image/png;base64,${NOT_MEDIA}`), 'You uploaded an unsupported image.'],
    [image('data:image/png;base64,%%%'), 'but got an invalid base64-encoded value.'],
    [image('data:text/plain;base64,eA=='), 'Only image types are supported.'],
    [image('ftp://example.com/a.png'), 'Expected a valid URL'],
    [file({ file_data: 'JVBERi0=' }), "but got a value without the 'data:' prefix."],
    [file({ file_data: `data:application/pdf;base64,${NOT_MEDIA}` }), 'is not a valid PDF.'],
    [
      { type: 'file', file: { file_data: 'x' } },
      "Missing required parameter: 'messages[0].content[1].file.file_id'.",
    ],
    [
      { type: 'input_audio', input_audio: { data: 'eA==', format: 'wav' } },
      'only supported by certain models',
    ],
    [{ type: 'video_url', video_url: { url: 'x' } }, "Invalid value: 'video_url'."],
  ])('400 for %j', async (part, message) => {
    expect(await ask([part])).toMatchObject({
      status: 400,
      message: expect.stringContaining(message) as string,
    });
  });

  test('only users show images', async () => {
    expect((await ask([image('https://example.com/a.png')], 'gpt-4.1', 'system')).message).toContain(
      "Image URLs are only allowed for messages with role 'user'",
    );
  });
});

describe('anthropic', () => {
  const ask = (blocks: object[]): Promise<Answer> =>
    vendors.post('/anthropic/v1/messages', {
      model: 'claude-haiku-4-5',
      max_tokens: 50,
      messages: [{ role: 'user', content: [text, ...blocks] }],
    });
  const image = (media_type: string, data: string): object => ({
    type: 'image',
    source: { type: 'base64', media_type, data },
  });
  const pdf = (data: string): object => ({
    type: 'document',
    source: { type: 'base64', media_type: 'application/pdf', data },
  });
  const inputTokens = ({ body }: Answer): number =>
    (body as { usage: { input_tokens: number } }).usage.input_tokens - 8;

  test('counts images by area and documents by page', async () => {
    expect(inputTokens(await ask([image('image/png', PNG)]))).toBe(1_000);
    expect(inputTokens(await ask([image('image/jpeg', tinyJpeg(150, 50).toString('base64'))]))).toBe(10);
    expect(inputTokens(await ask([pdf(tinyPdf(2).toString('base64'))]))).toBe(4_000);
  });

  test.each([
    [
      image('image/jpeg', PNG),
      'specified using the image/jpeg media type, but the image appears to be a image/png image',
    ],
    [
      image('image/bmp', PNG),
      "media_type: Input should be 'image/jpeg', 'image/png', 'image/gif' or 'image/webp'",
    ],
    [image('image/png', NOT_MEDIA), 'Could not process image'],
    [image('image/png', '%%%'), 'messages.0.content.1.image.source.base64: invalid base64 data'],
    [image('image/png', tinyPng(9_000, 2).toString('base64')), 'exceed max allowed size: 8000 pixels'],
    [
      { type: 'image', source: { type: 'url', url: 'http://example.com/a.png' } },
      'Only HTTPS URLs are supported.',
    ],
    [pdf(NOT_MEDIA), 'The PDF specified was not valid.'],
    [pdf(tinyPdf(101).toString('base64')), 'A maximum of 100 PDF pages may be provided.'],
  ])('400 for %j', async (block, message) => {
    expect(await ask([block])).toMatchObject({
      status: 400,
      message: expect.stringContaining(message) as string,
    });
  });

  test('too many images', async () => {
    const one = image('image/png', tinyPng().toString('base64'));
    expect((await ask(Array.from({ length: 101 }, () => one))).message).toContain(
      'Too many images: 101 > 100',
    );
    expect((await ask(Array.from({ length: 100 }, () => one))).status).toBe(200);
  });
});

describe('google', () => {
  const ask = (part: object): Promise<Answer> =>
    vendors.post('/google/v1beta/models/gemini-2.5-flash:generateContent', {
      contents: [{ role: 'user', parts: [{ text: 'x' }, part] }],
    });
  const inline = (mimeType: string, data: Buffer | string): object => ({
    inlineData: { mimeType, data: typeof data === 'string' ? data : data.toString('base64') },
  });
  const details = ({ body }: Answer): object[] =>
    (body as { usageMetadata: { promptTokensDetails: object[] } }).usageMetadata.promptTokensDetails;

  test('counts each kind by its rule and names its modality', async () => {
    const second = async (part: object): Promise<object | undefined> => details(await ask(part))[1];
    expect(await second(inline('image/png', tinyPng(300, 300)))).toEqual({
      modality: 'IMAGE',
      tokenCount: 258,
    });
    expect(await second(inline('image/png', PNG))).toEqual({ modality: 'IMAGE', tokenCount: 516 });
    expect(await second(inline('application/pdf', tinyPdf(2)))).toEqual({
      modality: 'DOCUMENT',
      tokenCount: 516,
    });
    expect(await second(inline('audio/wav', tinyWav(3)))).toEqual({ modality: 'AUDIO', tokenCount: 96 });
    expect(await second(inline('video/mp4', Buffer.alloc(9)))).toEqual({
      modality: 'VIDEO',
      tokenCount: 263,
    });
  });

  test.each([
    [inline('image/png', NOT_MEDIA), 'Unable to process input image.'],
    [inline('image/gif', tinyPng()), 'Unsupported MIME type: image/gif'],
    [inline('image/png', '%%%'), 'Base64 decoding failed'],
    [inline('', tinyPng()), 'mime_type must be specified'],
    [inline('application/pdf', NOT_MEDIA), 'The document has no pages.'],
    [{ fileData: { mimeType: 'image/png', fileUri: 'gs://bucket/a.png' } }, 'unsupported file uri'],
  ])('400 for %j', async (part, message) => {
    expect(await ask(part)).toMatchObject({
      status: 400,
      message: expect.stringContaining(message) as string,
    });
  });
});
