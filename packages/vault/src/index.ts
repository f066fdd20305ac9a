export * from './create-vault.ts';
export * from './parse-key-ring.ts';
export * from './vault.ts';
