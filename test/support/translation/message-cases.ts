import { MP4_URL, PDF_URL, PNG_URL, WAV } from './media-samples.ts';
import type { TranslationCase } from './translation-case.ts';

const text = (words: string) => ({ type: 'text' as const, text: words });
const user = (content: string) => ({ role: 'user' as const, content });
const showing = (...parts: object[]): TranslationCase['request'] =>
  ({
    messages: [{ role: 'user', content: [text('What is this?'), ...parts] }],
  }) as TranslationCase['request'];

export const MESSAGE_CASES: readonly TranslationCase[] = [
  {
    name: 'system and developer messages anywhere',
    request: {
      messages: [
        { role: 'system', content: 'S1' },
        user('U1'),
        { role: 'developer', content: [text('D1'), text('D2')] },
        { role: 'assistant', content: 'A1' },
        { role: 'system', content: 'S2' },
        user('U2'),
      ],
    },
  },
  {
    name: 'neighbours of one role and empty texts',
    request: {
      messages: [
        user('U1'),
        user(''),
        { role: 'user', content: [text(''), text('U2')] },
        { role: 'assistant', content: 'A1' },
        { role: 'assistant', content: [text('A2'), { type: 'refusal', refusal: 'No.' }] },
        user('U3'),
      ],
    },
  },
  {
    name: 'an assistant who speaks first',
    request: {
      messages: [
        { role: 'system', content: 'S' },
        { role: 'assistant', content: 'How can I help?' },
        user('U1'),
      ],
    },
  },
  {
    name: 'a call at the beginning of what was kept of a history',
    request: {
      messages: [
        {
          role: 'assistant',
          content: null,
          tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'f', arguments: '{}' } }],
        },
        { role: 'tool', tool_call_id: 'call_1', content: 'r' },
        user('U1'),
      ],
      tools: [{ type: 'function', function: { name: 'f' } }],
    },
  },
  {
    name: 'a turn of nothing but the thoughts of another vendor',
    request: {
      messages: [
        user('U1'),
        {
          role: 'assistant',
          content: '',
          reasoning_details: [{ type: 'reasoning.encrypted', format: 'other-v1', data: 'x' }],
        },
        user('U2'),
      ],
    },
  },
  {
    name: 'a user who says nothing at the end',
    request: { messages: [user('U1'), { role: 'assistant', content: 'A1' }, user('')] },
  },
  {
    name: 'a prefill that ends in white space',
    request: { messages: [user('U1'), { role: 'assistant', content: '{"a": \n' }] },
    models: { anthropic: 'claude-sonnet-4-5' },
  },
  {
    name: 'an image as data',
    request: showing({ type: 'image_url', image_url: { url: PNG_URL, detail: 'low' } }),
  },
  {
    name: 'an image declared as another type',
    request: showing({
      type: 'image_url',
      image_url: { url: PNG_URL.replace('image/png', 'image/jpg') },
    }),
  },
  {
    name: 'a PDF as data',
    request: showing({ type: 'file', file: { file_data: PDF_URL, filename: 'report.pdf' } }),
  },
  { name: 'sound', request: showing({ type: 'input_audio', input_audio: { data: WAV, format: 'wav' } }) },
  { name: 'a video', request: showing({ type: 'video_url', video_url: { url: MP4_URL } }) },
  {
    name: 'bytes that are no image',
    request: showing({
      type: 'image_url',
      image_url: { url: 'data:image/bmp;base64,Qk1GAAAAAAAAADYAAAAoAAAA' },
    }),
  },
];
