/** `sluice.yaml` or the environment is wrong. The message lists every fault with its place and what to do. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}
