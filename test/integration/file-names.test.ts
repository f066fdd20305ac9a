import { afterAll, beforeAll, expect, test } from 'vitest';
import { batchLines, chatBody } from '../support/batch-lines.ts';
import { refusal, startApiFixture, type ApiFixture } from './api-fixture.ts';

let api: ApiFixture;
beforeAll(async () => {
  api = await startApiFixture();
});
afterAll(async () => api.close());

/** Uploads with a file name as it stands in the part's header, byte for byte. */
async function upload(disposition: string): Promise<Response> {
  const part = (header: string, content: string): string =>
    `--b\r\nContent-Disposition: form-data; ${header}\r\n\r\n${content}\r\n`;
  return api.request('/v1/files', {
    method: 'POST',
    body: `${part('name="purpose"', 'batch')}${part(`name="file"; ${disposition}`, batchLines([chatBody('x')]))}--b--\r\n`,
    headers: { 'content-type': 'multipart/form-data; boundary=b' },
  });
}

const names: [sent: string, kept: string][] = [
  ['filename="../../../etc/passwd"', 'passwd'],
  [String.raw`filename="..\\..\\windows\\win.ini"`, 'win.ini'],
  ['filename="/etc/passwd"', 'passwd'],
  ['filename=".."', 'upload.jsonl'],
  ['filename=".htaccess"', 'htaccess'],
  ['filename=""', 'upload.jsonl'],
  [String.raw`filename="a\"; filename=\"b.exe"`, 'a___filename__b.exe'],
  ['filename="a%0d%0aset-cookie: x=y"', 'a_0d_0aset-cookie__x_y'],
  ['filename="a\tb;c<d>.jsonl"', 'a_b_c_d_.jsonl'],
  ['filename="naïve.jsonl"', 'na_ve.jsonl'],
  ["filename*=UTF-8''..%2f..%2f%00x.jsonl", '_x.jsonl'],
  [`filename="${'n'.repeat(5_000)}"`, 'n'.repeat(200)],
];
test.each(names)('an upload with %s is kept under a plain name', async (sent, kept) => {
  const answer = await upload(sent);
  expect(answer.status).toBe(200);
  const { id, filename } = (await answer.json()) as { id: string; filename: string };
  expect(filename).toBe(kept);
  const content = await api.request(`/v1/files/${id}/content`);
  expect(content.headers.get('content-disposition')).toBe(`attachment; filename="${kept}"`);
  expect(content.headers.get('x-content-type-options')).toBe('nosniff');
  expect(await content.text()).toBe(batchLines([chatBody('x')]));
});

test('an id of a file leads nowhere but to files', async () => {
  for (const id of ['..%2f..%2fetc%2fpasswd', '%2fetc%2fpasswd', '..', '%00', 'file-..%2fx', 'file-%2e%2e']) {
    for (const path of [`/v1/files/${id}`, `/v1/files/${id}/content`]) {
      const answer = await refusal(await api.request(path));
      expect(answer).toMatchObject({ status: 404, code: 'not_found' });
    }
  }
});
