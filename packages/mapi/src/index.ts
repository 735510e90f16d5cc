/** The contract of MAPI: types, tags, interfaces; with the errors of `base`. */
export {
  HRESULTS,
  MapiError,
  type MapiErrorCode,
  type MapiWarningCode,
  S_OK,
  WARNINGS,
} from '@nodemapi/base';
export * from './ab-container.ts';
export * from './ab-provider.ts';
export * from './addr-book.ts';
export * from './adr-parm.ts';
export * from './catalogue.ts';
export * from './container.ts';
export * from './converter-session.ts';
export * from './crash-recovery.ts';
export * from './end-report.ts';
export * from './entry-id.ts';
export * from './flat-entry-list.ts';
export * from './folder.ts';
export * from './idle.ts';
export * from './init-monitor.ts';
export * from './interface-map.ts';
export * from './mapi-prop.ts';
export * from './memory.ts';
export * from './message.ts';
export * from './method-flags.ts';
export * from './method-table.ts';
export * from './ms-provider.ts';
export * from './msg-service-admin.ts';
export * from './msg-store.ts';
export * from './named-properties.generated.ts';
export * from './named-property.ts';
export * from './ndr-code.ts';
export * from './notification.ts';
export * from './object-type.ts';
export * from './one-off.ts';
export * from './outgoing.ts';
export * from './outgoing-store.ts';
export * from './prof-admin.ts';
export * from './prof-sect.ts';
export * from './progress.ts';
export * from './prop-tag.ts';
export * from './prop-value.ts';
export * from './property-range.ts';
export * from './property-tags.generated.ts';
export * from './property-text.ts';
export * from './property-type.ts';
export * from './provider-host.ts';
export * from './query-interface.ts';
export * from './receiving-store.ts';
export * from './recipient.ts';
export * from './remote-xp-logon.ts';
export * from './reply-recipients.ts';
export * from './restriction.ts';
export * from './session.ts';
export * from './sort-order.ts';
export * from './spooler-hook.ts';
export * from './status.ts';
export * from './stream.ts';
export * from './support.ts';
export * from './table.ts';
export * from './table-data.ts';
export * from './tnef.ts';
export * from './unknown.ts';
export * from './user-interface.ts';
export * from './xp-provider.ts';
