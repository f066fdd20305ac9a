import { chatRequestSchema, type ProviderKind } from '@sluice/contracts';
import { createModelCatalogue } from '@sluice/core';
import {
  createProviderBatchAdapter,
  type BatchCallOutcome,
  type BatchLine,
  type BatchLineResult,
  type BatchTimeouts,
  type ProviderBatch,
  type ProviderBatchAdapter,
} from '@sluice/providers';
import { startSimulator, type Simulator, type SimulatorConfigInput } from '@sluice/simulator';
import { deepFreeze } from './deep-freeze.ts';
import { USUAL_MODELS } from './translation/translation-case.ts';
import { until } from './until.ts';

const TIMEOUTS = { connect_ms: 5_000, first_token_ms: 10_000, total_ms: 20_000 };

export type BatchKind = Extract<ProviderKind, 'openai' | 'anthropic' | 'google'>;
export const BATCH_KINDS: readonly BatchKind[] = ['openai', 'anthropic', 'google'];

/** A simulated vendor with its batch adapter in front of it. Owned by the caller. */
export interface BatchVendor {
  kind: BatchKind;
  model: string;
  simulator: Simulator;
  adapter: ProviderBatchAdapter;
  signal: AbortSignal;
  line(run: string, n: number, request?: object, model?: string): BatchLine;
  /** Rendered; fails when one is refused. */
  render(lines: readonly BatchLine[]): Promise<string[]>;
  /** Uploads where the vendor has files, then creates. */
  submit(run: string, lines: readonly BatchLine[]): Promise<ProviderBatch>;
  ended(id: string): Promise<ProviderBatch>;
  resultsOf(batch: ProviderBatch): Promise<BatchLineResult[]>;
  close(): Promise<void>;
}

export function valueOf<Value>(outcome: BatchCallOutcome<Value>): Value {
  if (outcome.status === 'ok') return outcome.value;
  throw new Error(`${outcome.status}: ${outcome.status === 'missing' ? '' : outcome.error.message}`);
}

export async function startBatchVendor(
  kind: BatchKind,
  {
    config = {},
    apiKey = 'test-key',
    timeouts,
    baseUrl,
  }: {
    config?: SimulatorConfigInput;
    apiKey?: string;
    timeouts?: Partial<BatchTimeouts>;
    baseUrl?: string;
  } = {},
): Promise<BatchVendor> {
  const simulator = await startSimulator({
    config: { latency: { p50_ms: 0, tokens_per_second: 0 }, ...config },
  });
  const adapter = createProviderBatchAdapter({
    kind,
    apiKey,
    baseUrl: baseUrl ?? simulator.urlFor(kind),
    timeouts,
  });
  if (!adapter) throw new Error(`${kind} has no Batch API`);
  const { signal } = new AbortController();
  const usual = USUAL_MODELS[kind]!;
  const catalogue = createModelCatalogue({
    overrides: {},
    providers: { [kind]: { kind, timeouts: TIMEOUTS } },
  });

  async function render(lines: readonly BatchLine[]): Promise<string[]> {
    const rendered = await Promise.all(lines.map((line) => adapter!.render(line)));
    return rendered.map((line) => {
      if (line.status === 'refused') throw new Error(line.error.message);
      return line.json;
    });
  }

  return {
    kind,
    model: usual,
    simulator,
    adapter,
    signal,
    line: (run, n, request = { messages: [{ role: 'user', content: `Say ${n}` }] }, model = usual) => ({
      customId: `${run}_${n}`,
      model,
      entry: catalogue.resolve(`${kind}/${model}`).entry,
      request: deepFreeze(chatRequestSchema.parse(request)),
    }),
    render,
    async submit(run, lines) {
      const texts = await render(lines);
      const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text) + 1, 0);
      const isInline = bytes <= adapter.limits.inlineMaxBytes;
      const file = isInline ? null : valueOf(await adapter.upload({ run, lines: texts, signal }));
      const { model } = lines[0]!;
      return valueOf(
        await adapter.create({
          run,
          model,
          fileId: file?.fileId ?? null,
          lines: isInline ? texts : [],
          signal,
        }),
      );
    },
    ended: (id) =>
      until(
        async () => {
          const batch = valueOf(await adapter.retrieve({ id, signal }));
          return batch.state === 'ended' || batch.state === 'failed' ? batch : null;
        },
        { what: `the end of ${id}` },
      ),
    async resultsOf(batch) {
      const results: BatchLineResult[] = [];
      for await (const result of adapter.results(batch, { signal })) results.push(result);
      return results;
    },
    async close() {
      await adapter.close();
      await simulator.close();
    },
  };
}
