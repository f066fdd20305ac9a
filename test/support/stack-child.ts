import { startStack, type StackOptions } from './start-stack.ts';

/** What the parent is told once the broker stands. */
export interface StackAddress {
  url: string;
  key: string;
  /** Where the simulated OpenAI is called directly. */
  providerUrl: string;
}

// Options as JSON in the first argument. Ends when the parent disconnects.
const options = JSON.parse(process.argv[2] ?? '{}') as StackOptions;
const stack = await startStack({ ...options, workers: 0 });
await stack.spawnWorker(['openai']);
process.send?.({
  url: stack.url,
  key: stack.key,
  providerUrl: stack.simulator.urlFor('openai'),
} satisfies StackAddress);
process.once('disconnect', () => void stack.close());
