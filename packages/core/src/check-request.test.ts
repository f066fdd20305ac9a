import { chatRequestSchema, type ChatRequest, type ModelEntry } from '@sluice/contracts';
import { describe, expect, it } from 'vitest';
import { checkRequest } from './check-request.ts';

const PNG = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex').toString('base64');
const GIF = Buffer.from('GIF89a0000').toString('base64');
const PDF = Buffer.from('%PDF-1.7\n').toString('base64');
const WAV = Buffer.from('RIFF0000WAVEfmt ').toString('base64');
const NOT_A_FILE = Buffer.from('hello, I am text').toString('base64');
const ALL = ['function_calling', 'vision', 'pdf_input', 'audio_input', 'video_input', 'reasoning'];

type Facts = { vendor?: string; entry?: ModelEntry };

function check(fields: Partial<ChatRequest>, { vendor = 'openai', entry = { supports: ALL } }: Facts = {}) {
  const request = { messages: [{ role: 'user', content: 'U' }], ...fields };
  // What is checked here has passed the front door's own schema.
  return checkRequest({ request: chatRequestSchema.parse(request), target: `${vendor}/m`, entry, vendor });
}
const refused = (param: string, message: RegExp) => ({
  status: 'refused',
  code: 'invalid_request',
  param,
  message: expect.stringMatching(message) as unknown,
});
const tool = (parameters: Record<string, unknown>, name = 'f') =>
  ({ type: 'function', function: { name, parameters } }) as const;
const user = (...content: unknown[]) => ({ messages: [{ role: 'user', content }] }) as Partial<ChatRequest>;
const image = (url: string) => ({ type: 'image_url', image_url: { url } });
const png = image(`data:image/png;base64,${PNG}`);
const recursive = { type: 'object', properties: { next: { $ref: '#' } } };

describe('a request that can be taken', () => {
  it.each(['openai', 'anthropic', 'google', 'vllm'])('passes for %s', (vendor) => {
    const parameters = {
      type: 'object',
      properties: { at: { $ref: '#/$defs/place' } },
      $defs: { place: { type: ['string', 'null'] } },
      required: ['at'],
    };
    const messages: ChatRequest['messages'] = [
      { role: 'system', content: 'S' },
      { role: 'user', content: 'U' },
      {
        role: 'assistant',
        content: null,
        tool_calls: [
          { id: 'a', type: 'function', function: { name: 'f', arguments: '' } },
          { id: 'b', type: 'function', function: { name: 'f', arguments: '{"at":1}' } },
        ],
      },
      { role: 'tool', tool_call_id: 'b', content: '2' },
      { role: 'tool', tool_call_id: 'a', content: '' },
      { role: 'user', content: 'and?' },
    ];
    expect(check({ messages, tools: [tool(parameters)], max_tokens: 9 }, { vendor })).toEqual({
      status: 'ok',
      warnings: [],
    });
  });

  it('is given the benefit of the doubt where the catalogue knows nothing', () => {
    const fields = { ...user(png), tools: [tool({ type: 'object' })] };
    expect(check(fields, { vendor: 'vllm', entry: {} }).status).toBe('ok');
    expect(check(fields, { vendor: 'vllm', entry: { supports: [] } }).status).toBe('refused');
  });
});

describe('several answers', () => {
  it('are refused for vendors that give one', () => {
    expect(check({ n: 2 }, { vendor: 'anthropic' })).toEqual(refused('n', /one answer/));
    expect(check({ n: 2 }, { vendor: 'google' }).status).toBe('ok');
    expect(check({ n: 1 }, { vendor: 'anthropic' }).status).toBe('ok');
  });
});

describe('tools', () => {
  it.each([
    ['an unknown type', { type: 'objekt' }, 'tools.0.function.parameters.type', /must be "object"/],
    ['no object', { type: 'string' }, 'tools.0.function.parameters.type', /must be "object"/],
    [
      'an unknown type inside',
      { type: 'object', properties: { a: { type: 'text' } } },
      'tools.0.function.parameters.properties.a.type',
      /not "text"/,
    ],
    [
      'properties in a list',
      { properties: ['a'] },
      'tools.0.function.parameters.properties',
      /object of schemas/,
    ],
    ['required as a flag', { required: true }, 'tools.0.function.parameters.required', /property names/],
    [
      'an empty enum',
      { properties: { a: { enum: [] } } },
      'tools.0.function.parameters.properties.a.enum',
      /not empty/,
    ],
    ['an empty anyOf', { anyOf: [] }, 'tools.0.function.parameters.anyOf', /not empty/],
    [
      'a reference to nothing',
      { $ref: '#/$defs/gone' },
      'tools.0.function.parameters',
      /is not in the schema/,
    ],
    [
      'a reference elsewhere',
      { $ref: 'https://x.test/s' },
      'tools.0.function.parameters',
      /does not point into/,
    ],
    ['a schema that is a text', { items: 'string' }, 'tools.0.function.parameters.items', /must be a schema/],
  ])('with %s are refused', (_what, parameters, param, message) => {
    expect(check({ tools: [tool(parameters)] })).toEqual(refused(param, message));
  });

  it('that recurse are refused for Gemini only', () => {
    expect(check({ tools: [tool(recursive)] }, { vendor: 'google' })).toEqual(
      refused('tools.0.function.parameters', /google\/m takes no recursive/),
    );
    expect(check({ tools: [tool(recursive)] }, { vendor: 'openai' }).status).toBe('ok');
  });

  it('that grow without end when they are inlined are refused', () => {
    const $defs = Object.fromEntries(
      Array.from({ length: 30 }, (_, at) => {
        const next = { $ref: `#/$defs/d${at + 1}` };
        return [`d${at}`, at === 29 ? { type: 'string' } : { properties: { a: next, b: next } }];
      }),
    );
    expect(check({ tools: [tool({ $ref: '#/$defs/d0', $defs })] })).toEqual(
      refused('tools.0.function.parameters', /too large/),
    );
  });

  it('of one name twice are refused', () => {
    expect(check({ tools: [tool({}), tool({})] })).toEqual(
      refused('tools.1.function.name', /two tools named "f"/),
    );
  });

  it('may begin with a digit, except at Gemini', () => {
    const tools = [tool({}), tool({}, '21st_magic')];
    for (const vendor of ['openai', 'anthropic', 'vllm'])
      expect(check({ tools }, { vendor })).toMatchObject({ status: 'ok' });
    expect(check({ tools }, { vendor: 'google' })).toEqual(
      refused('tools.1.function.name', /begin with a letter or _/),
    );
  });

  it('are refused for a model that can not call them', () => {
    expect(check({ tools: [tool({})] }, { entry: { supports: ['vision'] } })).toEqual(
      refused('tools', /can't call/),
    );
  });

  it.each<[NonNullable<ChatRequest['tool_choice']>, RegExp]>([
    ['required', /there are no tools/],
    [{ type: 'function', function: { name: 'g' } }, /names "g"/],
  ])('must hold what tool_choice wants: %j', (tool_choice, message) => {
    expect(check({ tool_choice })).toEqual(refused('tool_choice', message));
  });
});

describe('a structured answer', () => {
  const format = (schema: Record<string, unknown>): Partial<ChatRequest> => ({
    response_format: { type: 'json_schema', json_schema: { name: 's', schema } },
  });

  it('by a malformed schema is refused', () => {
    expect(check(format({ type: 'nope' }))).toEqual(
      refused('response_format.json_schema.schema.type', /not "nope"/),
    );
  });

  it('by a recursive schema is refused for Gemini', () => {
    expect(check(format(recursive), { vendor: 'google' })).toEqual(
      refused('response_format.json_schema.schema', /recursive/),
    );
  });
});

describe('tool calls in the conversation', () => {
  const call = (id: string, args = '{}') => ({
    id,
    type: 'function' as const,
    function: { name: 'f', arguments: args },
  });
  const after = (...messages: ChatRequest['messages']): Partial<ChatRequest> => ({
    messages: [{ role: 'user', content: 'U' }, ...messages],
  });

  it('without a result are refused', () => {
    const messages = after(
      { role: 'assistant', tool_calls: [call('a'), call('b')] },
      {
        role: 'tool',
        tool_call_id: 'a',
        content: '1',
      },
    );
    expect(check(messages)).toEqual(refused('messages.1.tool_calls.1', /"b" has no result/));
    expect(check(after(...messages.messages!.slice(1), { role: 'user', content: 'well?' }))).toEqual(
      refused('messages.1.tool_calls.1', /"b" has no result/),
    );
  });

  it('need a result that names one of them', () => {
    expect(check(after({ role: 'tool', tool_call_id: 'x', content: '1' }))).toEqual(
      refused('messages.1.tool_call_id', /No tool call before it has the id "x"/),
    );
  });

  it('have one result each', () => {
    const result = { role: 'tool', tool_call_id: 'a', content: '1' } as const;
    expect(check(after({ role: 'assistant', tool_calls: [call('a')] }, result, result))).toEqual(
      refused('messages.3.tool_call_id', /has a result already/),
    );
  });

  it('may use an id of an earlier turn again', () => {
    const turn = [
      { role: 'assistant', tool_calls: [call('a')] },
      { role: 'tool', tool_call_id: 'a', content: '1' },
    ] as const;
    expect(check(after(...turn, ...turn)).status).toBe('ok');
  });

  it.each([
    ['anthropic', 'refused'],
    ['google', 'refused'],
    ['openai', 'ok'],
  ])('with arguments that are no object are for %s %s', (vendor, status) => {
    const result = { role: 'tool', tool_call_id: 'a', content: '1' } as const;
    for (const args of ['[1]', '{"a":', 'null']) {
      const request = after({ role: 'assistant', tool_calls: [call('a', args)] }, result);
      expect(check(request, { vendor }).status).toBe(status);
    }
  });
});

describe('files', () => {
  const at = 'messages.0.content.0.image_url.url';

  it.each([
    [
      'text in disguise',
      `data:image/png;base64,${NOT_A_FILE}`,
      /not an image: its bytes are of no known format/,
    ],
    ['a PDF', `data:image/png;base64,${PDF}`, /not an image: its bytes are application\/pdf/],
    ['bad base64', 'data:image/png;base64,***', /not base64/],
    ['no data', 'data:image/png;base64,', /holds no data/],
    ['percent encoding', 'data:image/png,%89PNG', /not marked as base64/],
    ['plain http', 'http://x.test/a.png', /https URL/],
    ['a path', '/etc/passwd', /https URL/],
  ])('that are images by name and %s are refused', (_what, url, message) => {
    expect(check(user(image(url)))).toEqual(refused(at, message));
  });

  it('of a media type that the vendor does not take are refused', () => {
    const gif = image(`data:image/gif;base64,${GIF}`);
    expect(check(user(gif), { vendor: 'google' })).toEqual(
      refused(at, /does not take image\/gif; it takes image\/png/),
    );
    expect(check(user(gif), { vendor: 'anthropic' }).status).toBe('ok');
  });

  it('declared as something else pass with a warning', () => {
    expect(check(user(image(`data:image/jpeg;base64,${PNG}`)))).toEqual({
      status: 'ok',
      warnings: [expect.objectContaining({ code: 'parameter_changed', param: at, target: 'openai/m' })],
    });
  });

  it('by https URL are not looked at', () => {
    expect(check(user(image('https://x.test/a.png')))).toEqual({ status: 'ok', warnings: [] });
  });

  it('too large for the vendor are refused', () => {
    const large = image(`data:image/png;base64,${PNG}${'A'.repeat(8 * 1024 * 1024)}`.replace('==', ''));
    expect(check(user(large), { vendor: 'anthropic' })).toEqual(refused(at, /at most 5242880/));
    expect(check(user(large), { vendor: 'google' }).status).toBe('ok');
  });

  it('too many for the vendor are refused', () => {
    const images = Array.from({ length: 101 }, () => png);
    expect(check(user(...images), { vendor: 'anthropic' })).toEqual(
      refused('messages', /at most 100 images/),
    );
    expect(check(user(...images.slice(1)), { vendor: 'anthropic' }).status).toBe('ok');
  });

  it.each([
    ['image', png, 'deepseek', /no images/],
    ['sound', { type: 'input_audio', input_audio: { data: WAV, format: 'wav' } }, 'anthropic', /no sound/],
    ['PDF', { type: 'file', file: { file_data: `data:application/pdf;base64,${PDF}` } }, 'vllm', /no PDF/],
    ['video', { type: 'video_url', video_url: { url: 'https://x.test/v.mp4' } }, 'openai', /no video/],
  ])('of a kind that the vendor does not take are refused: %s', (_kind, part, vendor, message) => {
    expect(check(user(part), { vendor })).toMatchObject({
      status: 'refused',
      message: expect.stringMatching(message) as unknown,
    });
    expect(check(user(part), { vendor: 'google', entry: { supports: ['vision'] } }).status).toBe('ok');
  });

  it('are refused for a model that does not see', () => {
    expect(check(user(png), { entry: { supports: ['function_calling'] } })).toEqual(
      refused(at, /takes no images/),
    );
  });

  it('that are sound by name only are refused', () => {
    const part = { type: 'input_audio', input_audio: { data: NOT_A_FILE, format: 'wav' } };
    expect(check(user(part))).toEqual(refused('messages.0.content.0.input_audio.data', /not sound/));
  });
});

describe('the window', () => {
  const words = (count: number) => ({
    messages: [{ role: 'user' as const, content: 'word '.repeat(count) }],
  });

  it('refuses a prompt that surely does not fit', () => {
    const entry = { max_input_tokens: 1_000, supports: ALL };
    expect(check(words(1_001), { entry })).toEqual(
      refused('messages', /at least 1001 tokens; the window of openai\/m has 1000/),
    );
    expect(check(words(1_000), { entry }).status).toBe('ok');
  });

  it('counts the answer where both share it', () => {
    const entry = { max_input_tokens: 1_000, max_output_tokens: 400, supports: [] };
    expect(check({ ...words(700), max_tokens: 5_000 }, { vendor: 'anthropic', entry })).toEqual(
      refused('messages', /less the 400/),
    );
    expect(check({ ...words(700), max_tokens: 5_000 }, { vendor: 'google', entry }).status).toBe('ok');
  });

  it('never refuses for a text that may be one token', () => {
    const entry = { max_input_tokens: 100, supports: ALL };
    const messages: ChatRequest['messages'] = [
      { role: 'user', content: ' '.repeat(50_000) + '='.repeat(50_000) },
    ];
    expect(check({ messages }, { entry }).status).toBe('ok');
  });
});

describe('a conversation of empty messages', () => {
  it.each(['anthropic', 'google'])('is refused for %s', (vendor) => {
    const messages: ChatRequest['messages'] = [{ role: 'user', content: '' }];
    expect(check({ messages }, { vendor })).toEqual(refused('messages', /all empty/));
    expect(check({ messages }, { vendor: 'openai' }).status).toBe('ok');
  });
});
