export * from './provider-adapter.ts';
