/** nodemapi: Extended MAPI for Node.js. What programs import. */
export * from '@nodemapi/mapi';
export {
  decodeCodePage,
  type FileTime,
  fileTimeFromDate,
  fileTimeFromIso,
  fileTimeToDate,
  fileTimeToIso,
  fromHex,
  type Guid,
  hresultHex,
  hresultName,
  type Log,
  lineLog,
  toHex,
} from '@nodemapi/base';
export { type DrainOptions, type FlushResult, getProp, queryAllRows, setProp, type Spooler } from '@nodemapi/kit';
export { bindEnd, endSession, Subsystem, type SubsystemConfig } from '@nodemapi/session';
export * from './catalogue.ts';
export * from './check-home.ts';
export * from './compose.ts';
export * from './create-subsystem.ts';
export * from './dump-message.ts';
export * from './home.ts';
export * from './mbox.ts';
export * from './mime.ts';
export * from './process-subsystem.ts';
export * from './prop-names.ts';
export * from './service-options.ts';
export * from './stores.ts';
