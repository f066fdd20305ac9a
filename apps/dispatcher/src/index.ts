export * from './start-dispatcher.ts';
