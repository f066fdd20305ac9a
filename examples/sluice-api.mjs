import { env } from 'node:process';

const url = env.SLUICE_URL ?? 'http://127.0.0.1:8420';
const key = env.SLUICE_KEY;

/** One call of the API; throws what the broker says is wrong. */
export async function api(path, body, headers = {}) {
  const answer = await fetch(`${url}/v1${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const json = await answer.json();
  if (!answer.ok) throw new Error(`${json.error.code}: ${json.error.message}`);
  return json;
}

/** The job when it has ended. */
export async function ended(id) {
  for (;;) {
    const job = await api(`/jobs/${id}?wait=30`);
    if (job.finished_at !== null) return job;
  }
}

/** One line of JSON for each job: what it was, who served it, what it cost. */
export function report(name, job) {
  const { status, chain, attempts, cost_usd, decision } = job;
  const target = attempts.at(-1)?.target ?? null;
  console.log(JSON.stringify({ name, status, target, chain, cost_usd, rules: decision?.rules ?? [] }));
}
