/** For authors of MAPI providers: tables, properties, restrictions, notifications, support objects. */
export * from './advise-hub.ts';
export * from './ambiguous-name.ts';
export * from './compare.ts';
export * from './match-content.ts';
export * from './memory-stream.ts';
export * from './no-support.ts';
export * from './prop-access.ts';
export * from './prop-bag.ts';
export * from './prop-select.ts';
export * from './ref-counted.ts';
export * from './restriction.ts';
export * from './spooler-port.ts';
export * from './store-rules/index.ts';
