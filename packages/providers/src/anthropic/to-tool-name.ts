/** A tool's name as Anthropic takes it: other servers allow dots and more in names that histories then carry. */
export function toToolName(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9_-]/g, '_').slice(0, 64) || 'tool';
}
