import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fileLine, inlineRequest } from './batch-lines.ts';

test('a line of a file becomes an inline request without being parsed', () => {
  fc.assert(
    fc.property(
      fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/),
      fc.dictionary(fc.string(), fc.jsonValue()),
      (key, request) => {
        const line = JSON.stringify(fileLine(key, request));
        expect(JSON.parse(inlineRequest(line))).toEqual(
          JSON.parse(JSON.stringify({ request, metadata: { key } })),
        );
      },
    ),
  );
});

test('another line is refused', () => {
  expect(() => inlineRequest('{"request":{},"key":"a"}')).toThrow(SyntaxError);
});
