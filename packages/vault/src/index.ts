export * from './create-file-vault.ts';
export * from './create-vault.ts';
export * from './file-vault.ts';
export * from './parse-key-ring.ts';
export * from './vault.ts';
