/** For authors of MAPI providers: tables, properties, restrictions, notifications, support objects. */
export * from './access-stream.ts';
export * from './advise-hub.ts';
export * from './advise-sink.ts';
export * from './ambiguous-name.ts';
export * from './compare.ts';
export * from './computed-props.ts';
export * from './copy-folder.ts';
export { recipientsOf } from './copy-message.ts';
export * from './copy-object.ts';
export * from './crash-recovery.ts';
export * from './expand-recips.ts';
export * from './file-name.ts';
export * from './identity-props.ts';
export * from './match-content.ts';
export * from './memory-row-source.ts';
export * from './memory-rows.ts';
export * from './memory-stream.ts';
export * from './ms-logon.ts';
export * from './named-property-map.ts';
export * from './named-property-translation.ts';
export * from './no-support.ts';
export * from './prop-access.ts';
export * from './prop-bag.ts';
export * from './prop-codec.ts';
export * from './prop-data.ts';
export * from './prop-object.ts';
export * from './prop-select.ts';
export * from './prop-stream.ts';
export * from './read-report.ts';
export * from './ref-counted.ts';
export * from './report-props.ts';
export * from './restriction.ts';
export * from './row-source.ts';
export * from './sent-mail.ts';
export * from './service-section.ts';
export {
  type AttachmentSource,
  type MessageSource,
  openSourceMessage,
} from './source-message.ts';
export type { ObjectSource, SourceProp } from './source-object.ts';
export * from './spooler-port.ts';
export * from './standalone-host.ts';
export * from './standalone-support.ts';
export * from './status-object.ts';
export * from './store-entry-id.ts';
export * from './store-rules/index.ts';
export * from './support-base.ts';
export * from './support-methods.ts';
export * from './table-data.ts';
export * from './table-view.ts';
export * from './transport-status.ts';
export * from './validate-ipm-subtree.ts';
export * from './xp-logon-base.ts';
export * from './xp-provider-base.ts';
