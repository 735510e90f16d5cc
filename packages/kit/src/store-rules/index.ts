/** Rules of message stores that do not depend on how a store keeps its data. */
export * from './computed-props.ts';
export * from './default-folders.ts';
export * from './deferred-send.ts';
export * from './destination.ts';
export * from './display-names.ts';
export * from './lock.ts';
export * from './message-class.ts';
export * from './message-flags.ts';
export * from './read-flag.ts';
export * from './recipient-list.ts';
export * from './save-props.ts';
export * from './search-criteria.ts';
export * from './sent-mail.ts';
export * from './subject.ts';
export * from './support-mask.ts';
export * from './table-columns.ts';
export * from './text-sync.ts';
