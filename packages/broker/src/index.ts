export * from './broker.ts';
export * from './job-record.ts';
