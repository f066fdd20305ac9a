import Anthropic from '@anthropic-ai/sdk';
import { GoogleGenerativeAI, type ModelParams, type GenerativeModel } from '@google/generative-ai';
import { startSimulator, type Simulator, type SimulatorConfigInput } from '@sluice/simulator';
import OpenAI from 'openai';

export interface SimulatedVendors {
  simulator: Simulator;
  openai: OpenAI;
  anthropic: Anthropic;
  gemini(params: ModelParams): GenerativeModel;
  /** Bodies that no SDK would send. */
  post(path: string, body: unknown): Promise<{ status: number; message: string; body: unknown }>;
  close(): Promise<void>;
}

/** A fast simulator with the vendors' real clients in front of it. Owned by the caller. */
export async function simulatedVendors(config: SimulatorConfigInput = {}): Promise<SimulatedVendors> {
  const simulator = await startSimulator({
    config: { latency: { p50_ms: 0, tokens_per_second: 0 }, ...config },
  });
  const options = { apiKey: 'test-key', maxRetries: 0, timeout: 10_000, logLevel: 'off' as const };
  const google = new GoogleGenerativeAI('test-key');
  return {
    simulator,
    openai: new OpenAI({ ...options, baseURL: simulator.urlFor('openai') }),
    anthropic: new Anthropic({
      ...options,
      baseURL: simulator.urlFor('anthropic'),
      defaultHeaders: { 'anthropic-version': '2023-06-01' },
    }),
    gemini: (params) => google.getGenerativeModel(params, { baseUrl: simulator.urlFor('google') }),
    async post(path, body) {
      const response = await fetch(`${simulator.url}${path}`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          authorization: 'Bearer k',
          'x-api-key': 'k',
          'x-goog-api-key': 'k',
          'anthropic-version': '2023-06-01',
        },
        body: JSON.stringify(body),
      });
      const answer = (await response.json()) as { error?: { message?: string } };
      return { status: response.status, message: answer.error?.message ?? '', body: answer };
    },
    close: () => simulator.close(),
  };
}
