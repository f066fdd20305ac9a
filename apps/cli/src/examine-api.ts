import { type ApiClient } from './api-client.ts';
import type { DoctorFinding } from './doctor-finding.ts';

/** Whether the API answers, is ready, and takes the key. */
export async function examineApi(client: ApiClient): Promise<DoctorFinding[]> {
  const findings: DoctorFinding[] = [];
  for (const [check, path, good] of [
    ['api', '/readyz', 'ready'],
    ['api key', '/v1/jobs?limit=1', 'accepted'],
  ] as const) {
    try {
      await client.json(path, { timeoutMs: 5_000 });
      findings.push({ level: 'ok', check, message: `${good} at ${client.baseUrl}` });
    } catch (error) {
      return [...findings, { level: 'fail', check, message: (error as Error).message }];
    }
  }
  return findings;
}
