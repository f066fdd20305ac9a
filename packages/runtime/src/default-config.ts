/**
 * What holds without a `sluice.yaml`, in the form of that file. A provider whose variable is not set has no key:
 * `sluice dev` then puts the simulator in its place.
 */
export function defaultConfig(env: NodeJS.ProcessEnv): {
  providers: Record<string, { kind: string; api_key?: string }>;
  routes: Record<string, { targets: string[] }>;
} {
  return {
    providers: {
      openai: { kind: 'openai', ...keyOf(env['OPENAI_API_KEY']) },
      anthropic: { kind: 'anthropic', ...keyOf(env['ANTHROPIC_API_KEY']) },
      google: { kind: 'google', ...keyOf(env['GEMINI_API_KEY']) },
    },
    routes: {
      default: {
        targets: ['openai/gpt-5.4-mini', 'anthropic/claude-haiku-4-5', 'google/gemini-2.5-flash'],
      },
    },
  };
}

function keyOf(value: string | undefined): { api_key?: string } {
  return value ? { api_key: value } : {};
}
