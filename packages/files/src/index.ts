export * from './file-store.ts';
export * from './open-file-store.ts';
export * from './storage-failed.ts';
