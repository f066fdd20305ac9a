import { api, ended, report } from '../sluice-api.mjs';

const line = (n) =>
  `2026-11-25T10:${String(n % 60).padStart(2, '0')}:00Z api-${n % 9} upstream timeout after 30000 ms\n`;
const log = (lines) => Array.from({ length: lines }, (_, n) => line(n)).join('');

const prompts = {
  'quick check': 'Is "upstream timeout" an error of the client or of the server? One word.',
  'root cause': `Find the root cause of this incident.\n${log(100)}`,
  'log analysis': `Which services were hit, and when did it begin?\n${log(3_000)}`,
};

const jobs = [];
for (const [name, content] of Object.entries(prompts)) {
  const request = { messages: [{ role: 'user', content }], max_tokens: 300 };
  jobs.push([name, await api('/jobs', { request, tags: ['operations'] })]);
}
for (const [name, { id }] of jobs) report(name, await ended(id));
