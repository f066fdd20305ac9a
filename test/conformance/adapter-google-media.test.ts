import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createMediaSource } from '@sluice/providers';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { scriptedVendorServer, type ScriptedVendorServer } from '../support/scripted-vendor-server.ts';
import { sendToGoogle, type SentToGoogle } from '../support/send-to-google.ts';

const PNG = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex');
const PDF = Buffer.from('%PDF-1.7\n');
const WAV = Buffer.from('RIFF0000WAVEfmt ');
const MP4 = Buffer.from('\0\0\0\x18ftypisom');

let vendor: ScriptedVendorServer;
beforeAll(async () => {
  vendor = await scriptedVendorServer();
});
afterAll(async () => {
  await vendor.close();
});

const files = createServer();
let origin: string;
let fetched: string[];
beforeAll(async () => {
  files.listen(0, '127.0.0.1');
  await once(files, 'listening');
  origin = `http://127.0.0.1:${(files.address() as AddressInfo).port}`;
});
beforeEach(() => {
  fetched = [];
  files.removeAllListeners('request');
  files.on('request', (request, response) => {
    fetched.push(String(request.url));
    const { pathname } = new URL(String(request.url), origin);
    if (pathname === '/a.png') response.writeHead(200, { 'content-type': 'text/plain' }).end(PNG);
    else if (pathname === '/moved.png') response.writeHead(302, { location: '/a.png' }).end();
    else if (pathname === '/page') response.writeHead(200, { 'content-type': 'text/html' }).end('<html>');
    else response.writeHead(404).end('no');
  });
});
afterAll(async () => {
  files.closeAllConnections();
  files.close();
  await once(files, 'close');
});

const data = (type: string, bytes: Buffer) => `data:${type};base64,${bytes.toString('base64')}`;
const image = (url: string) => ({ type: 'image_url' as const, image_url: { url } });
const ask = (...content: object[]) =>
  sendToGoogle(vendor, { messages: [{ role: 'user', content: content as never }] });
const partsOf = (sent: SentToGoogle | null) => sent?.contents[0]?.parts;

describe('files within the request', () => {
  it('go inline, with the media type that they really have', async () => {
    const { sent } = await ask(
      image(data('image/jpeg', PNG)),
      { type: 'file', file: { file_data: data('application/pdf', PDF), filename: 'a.pdf' } },
      { type: 'input_audio', input_audio: { data: WAV.toString('base64'), format: 'wav' } },
      { type: 'video_url', video_url: { url: data('video/mp4', MP4) } },
      { type: 'text', text: 'What are these?' },
    );
    const inline = (mimeType: string, bytes: Buffer) => ({
      inlineData: { mimeType, data: bytes.toString('base64') },
    });
    expect(partsOf(sent)).toEqual([
      inline('image/png', PNG),
      inline('application/pdf', PDF),
      inline('audio/wav', WAV),
      inline('video/mp4', MP4),
      { text: 'What are these?' },
    ]);
  });

  it.each([
    [
      'that are of no known format',
      image(data('image/png', Buffer.from('hello'))),
      /is of no known format; google takes image\/png/,
    ],
    [
      'that Gemini does not take',
      image(data('image/gif', Buffer.from('GIF89a'))),
      /is image\/gif; google takes image\/png/,
    ],
    ['that can not be read', image('data:image/png;base64,*'), /not base64/],
  ])('%s are refused before anything is sent', async (_what, part, message) => {
    const { outcome, sent } = await ask(part);
    expect(outcome).toMatchObject({
      error: { code: 'invalid_request', failover: true, message: expect.stringMatching(message) as unknown },
    });
    expect(sent).toBeNull();
  });

  it('in a format without a signature are what they are declared as', async () => {
    const flv = data('video/x-flv', Buffer.from('FLV?'));
    const { sent } = await ask({ type: 'video_url', video_url: { url: flv } });
    expect(partsOf(sent)).toMatchObject([{ inlineData: { mimeType: 'video/x-flv' } }]);
  });
});

describe('files by URL', () => {
  it('that Gemini reads by itself are passed on', async () => {
    const own = 'https://generativelanguage.googleapis.com/v1beta/files/abc';
    const tube = 'https://www.youtube.com/watch?v=abc';
    const { sent } = await ask(image(own), { type: 'video_url', video_url: { url: tube } });
    expect(partsOf(sent)).toEqual([{ fileData: { fileUri: own } }, { fileData: { fileUri: tube } }]);
  });

  it('are fetched, each once, and go inline', async () => {
    const { sent } = await ask(
      image(`${origin}/a.png`),
      image(`${origin}/a.png`),
      image(`${origin}/a.png?2`),
    );
    const part = { inlineData: { mimeType: 'image/png', data: PNG.toString('base64') } };
    expect(partsOf(sent)).toEqual([part, part, part]);
    expect(fetched.toSorted()).toEqual(['/a.png', '/a.png?2']);
  });

  it.each([
    ['/gone.png', /could not be fetched: HTTP 404/],
    ['/moved.png', /HTTP 302; redirects are not followed/],
    ['/page', /is of no known format; google takes/],
  ])('%s: the attempt fails with a clear error, nothing is sent', async (path, message) => {
    const { outcome, sent } = await ask(image(`${origin}${path}`));
    expect(outcome).toMatchObject({
      error: {
        code: 'invalid_request',
        status: null,
        failover: true,
        message: expect.stringMatching(message) as unknown,
      },
    });
    expect(sent).toBeNull();
  });
});

describe('a media source', () => {
  const sources: { close(): Promise<void> }[] = [];
  afterEach(async () => {
    for (const source of sources.splice(0)) await source.close();
  });
  const readerOf = (allowPrivateNetwork: boolean, signal = new AbortController().signal) => {
    const source = createMediaSource(() => ({ allowPrivateNetwork, allowCidrs: [] }));
    sources.push(source);
    return source.reader({ vendor: 'google', signal });
  };

  it('reaches no private address unless it is told to', async () => {
    const wish = { kind: 'image', url: `${origin}/a.png` } as const;
    await expect(readerOf(false).read(wish)).rejects.toThrow(
      /private_address.*loopback address, which may not be called/,
    );
    expect(fetched).toEqual([]);
    await expect(readerOf(true).read(wish)).resolves.toMatchObject({
      mediaType: 'image/png',
      bytes: PNG.length,
    });
  });

  it('opens at most four connections at a time', async () => {
    let open = 0;
    let most = 0;
    const held: (() => void)[] = [];
    files.removeAllListeners('request');
    files.on('request', (_, response) => {
      open += 1;
      most = Math.max(most, open);
      held.push(() => {
        open -= 1;
        response.end(PNG);
      });
      if (held.length === 4) for (const answer of held.splice(0)) setImmediate(answer);
    });
    const reader = readerOf(true);
    await Promise.all(
      Array.from({ length: 12 }, (_, at) => reader.read({ kind: 'image', url: `${origin}/${at}` })),
    );
    expect(most).toBe(4);
  });

  it('ends with its signal', async () => {
    const controller = new AbortController();
    files.removeAllListeners('request');
    files.on('request', () => controller.abort());
    const reading = readerOf(true, controller.signal).read({ kind: 'image', url: `${origin}/a.png` });
    await expect(reading).rejects.toThrow(/\(aborted\)/);
  });
});
