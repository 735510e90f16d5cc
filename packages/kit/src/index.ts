export * from './spooler-port.ts';
export * from './store-rules/index.ts';
