/** What a request may need of a model. */
export const CAPABILITIES = ['tools', 'vision', 'audio', 'video', 'pdf', 'json_schema', 'reasoning'] as const;
export type Capability = (typeof CAPABILITIES)[number];
