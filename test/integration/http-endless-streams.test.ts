import { afterAll, beforeAll, expect, test } from 'vitest';
import { openRawConnection } from '../support/raw-connection.ts';
import { until } from '../support/until.ts';
import { startApiFixture, type ApiFixture } from './api-fixture.ts';

let api: ApiFixture;
beforeAll(async () => {
  api = await startApiFixture({
    limits: { maxStreamedBodyBytes: 1_000_000, lingerMaxBytes: 1_000_000, lingerTimeoutMs: 500 },
  });
});
afterAll(() => api.close());

/** With what kernels hold on the way. */
const MAX_SENT_BYTES = 24_000_000;
const ESTIMATE = '/v1/batches/estimate?endpoint=/v1/chat/completions';
const part = (name: string): string => `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n`;
const wholeUpload = `${part('purpose')}batch\r\n--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nx\r\n--b--\r\n`;

/** Bodies that hold nothing that is stored, for ever: path, type, how it begins, and what it goes on with. */
test.each([
  ['an upload before its first part', '/v1/files', 'multipart/form-data; boundary=b', '', 'x'],
  ['a field of an upload', '/v1/files', 'multipart/form-data; boundary=b', part('purpose'), 'x'],
  ['a header of a part', '/v1/files', 'multipart/form-data; boundary=b', '--b\r\nX-A: ', 'x'],
  ['an upload after its last part', '/v1/files', 'multipart/form-data; boundary=b', wholeUpload, 'x'],
  ['a line', '/v1/batches', 'application/x-ndjson', '{}\n', 'x'],
  ['blanks between requests', '/v1/batches', 'application/json', '{"requests": [', ' '],
  ['blanks of a message batch', '/v1/messages/batches', 'application/json', '{"requests": [', ' '],
  ['a line that is estimated', ESTIMATE, 'application/x-ndjson', '', 'x'],
])('%s without end is refused', async (_name, path, type, begin, fill) => {
  const connection = await openRawConnection(api.url, { allowHalfOpen: true });
  await connection.send(
    `POST ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${api.adminKey}\r\nContent-Type: ${type}\r\nContent-Length: 100000000000\r\n\r\n${begin}`,
  );
  const piece = Buffer.alloc(64 * 1024, fill);
  while (!connection.isClosed() && connection.socket.bytesWritten < 3 * MAX_SENT_BYTES) {
    await connection.send(piece);
  }
  const sent = connection.socket.bytesWritten;
  connection.socket.destroy();
  expect(sent).toBeLessThan(MAX_SENT_BYTES);
  expect(connection.statuses()).toHaveLength(1);
  expect(['413', '200', '400']).toContain(connection.statuses()[0]);
});

test.each([
  ['a batch', '/v1/batches', '{}\n'],
  ['an estimate', ESTIMATE, ''],
])('blank lines of %s count as lines', async (_name, path, begin) => {
  const answer = await api.request(path, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
    body: `${begin}${'\n'.repeat(150_000)}`,
  });
  expect(await answer.json()).toMatchObject({ error: { code: 'too_many_lines' } });
});

test('a key whose bodies are bounded uploads what is smaller, and is refused what is larger, in chunks too', async () => {
  const made = await api.post('/v1/keys', { name: 'small', limits: { body_bytes: 900_000 } });
  const { key } = (await made.json()) as { key: string };
  const upload = async (bytes: number, inChunks: boolean): Promise<number> => {
    const body = `${part('purpose')}batch\r\n--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n${'x'.repeat(bytes)}\r\n--b--\r\n`;
    const connection = await openRawConnection(api.url);
    const length = inChunks ? 'Transfer-Encoding: chunked' : `Content-Length: ${body.length}`;
    await connection.send(
      `POST /v1/files HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${key}\r\nContent-Type: multipart/form-data; boundary=b\r\n${length}\r\n\r\n`,
    );
    await connection.send(inChunks ? `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n` : body);
    await until(() => connection.statuses().length > 0, { what: 'the answer', timeoutMs: 5_000 });
    connection.socket.destroy();
    return Number(connection.statuses()[0]);
  };
  expect(await upload(800_000, false)).toBe(200);
  expect(await upload(800_000, true)).toBe(200);
  expect(await upload(950_000, false)).toBe(413);
  expect(await upload(950_000, true)).toBe(413);
}, 30_000);
