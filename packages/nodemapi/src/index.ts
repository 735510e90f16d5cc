/** nodemapi: Extended MAPI for Node.js. What programs import. */

export {
  AsyncStack,
  decodeCodePage,
  type FileTime,
  fileTimeFromDate,
  fileTimeFromIso,
  fileTimeFromMs,
  fileTimeToDate,
  fileTimeToIso,
  fromHex,
  type Guid,
  HR_FAILED,
  HR_SUCCEEDED,
  hresultHex,
  hresultName,
  type Log,
  type LogLevel,
  lineLog,
  Metrics,
  memoryRandomAccess,
  nodeFileSystem,
  nodeWorkingFiles,
  type OpenFile,
  systemClock,
  systemRandom,
  toHex,
  type WorkingFile,
  type WorkingFiles,
} from '@nodemapi/base';
export { mboxEntry, splitMbox } from '@nodemapi/format-mime';
export {
  type AppointmentRecurrence,
  decodeAppointmentRecurrence,
  decodeTimeZone,
  decodeTimeZoneDefinition,
  effectiveRule,
  encodeAppointmentRecurrence,
  encodeTimeZone,
  encodeTimeZoneDefinition,
  occurrenceDays,
  patternOfRule,
  type RecurrenceException,
  type RecurrencePattern,
  ruleOfPattern,
  type ZoneDefinition,
  type ZoneRule,
} from '@nodemapi/format-ocal';
export { checkPst, type FolderWriter, PstFile, PstWriter, type RandomWrite } from '@nodemapi/format-pst';
export { getTnefStreamCodepage, type OpenTnefOptions, openTnefStream, openTnefStreamEx } from '@nodemapi/format-tnef';
export {
  conversationDepth,
  type DecomposedEID,
  type DrainOptions,
  type FlushResult,
  type FuzzyLevel,
  fBinFromHex,
  fEqualNames,
  fPropCompareProp,
  fPropContainsProp,
  fPropExists,
  ftAddFt,
  ftMulDw,
  ftMulDwDw,
  ftNegFt,
  ftSubFt,
  getProp,
  hexFromBin,
  hrAddColumns,
  hrAddColumnsEx,
  hrComposeEID,
  hrComposeMsgID,
  hrDecomposeEID,
  hrDecomposeMsgID,
  hrEntryIDFromSz,
  hrGetOneProp,
  hrQueryAllRows,
  hrSetOneProp,
  hrSzFromEntryID,
  hrValidateIPMSubtree,
  lPropCompareProp,
  lpValFindProp,
  type OutgoingView,
  openOleData,
  openStreamOnFile,
  ownerText,
  PR_IPM_INBOX_PLACEHOLDER,
  ppropFindProp,
  propCopyMore,
  type QueueCount,
  queryAllRows,
  type RtfSyncOptions,
  rtfSync,
  type Spooler,
  type StreamOnFileOptions,
  scBinFromHexBounded,
  scCopyProps,
  scCountProps,
  scCreateConversationIndex,
  scDupPropset,
  setProp,
  szFindCh,
  szFindLastCh,
  szFindSz,
  UlAddRef,
  UlRelease,
  uFromSz,
  ulFromSzHex,
  ulPropSize,
  type ValidateIPMSubtreeOptions,
  wrapCompressedRtfStream,
  wrapCompressedRtfStreamEx,
  writeRtf,
} from '@nodemapi/kit';
export * from '@nodemapi/mapi';
export {
  bindEnd,
  type EndedMember,
  type EndHomeOptions,
  endSession,
  type HomeMember,
  type HomeSession,
  type PendingMember,
  Subsystem,
  type SubsystemConfig,
} from '@nodemapi/session';
export { deliverToMailbox, type MailboxMail } from '@nodemapi/transport-local';
export * from './catalogue.ts';
export * from './catalogue-file.ts';
export * from './check-home.ts';
export * from './compose.ts';
export { createConverterSession } from './converter-session.ts';
export * from './create-subsystem.ts';
export * from './dump-file.ts';
export * from './dump-message.ts';
export { dumpProps, jsonValue } from './dump-props.ts';
export { RECOVERED_PATH } from './dump-pst.ts';
export type { ProfileSettings, ServiceSettings } from './ensure-profile.ts';
export * from './headers.ts';
export * from './home.ts';
export * from './home-subsystem.ts';
export * from './import-services.ts';
export { type IMsgOnIStgOptions, openIMsgOnIStg } from './imsg-on-storage.ts';
export * from './mime.ts';
export * from './modules.ts';
export * from './msg.ts';
export * from './nodemailer-transport.ts';
export { type ObserveOptions, observeOptions } from './observe.ts';
export * from './part-types.ts';
export * from './process-idle.ts';
export * from './process-subsystem.ts';
export * from './prop-names.ts';
export * from './pst-export.ts';
export * from './pst-import.ts';
export { type AnswerOptions, type ForwardOptions, forwardMessage, type ReplyOptions, replyToMessage } from './reply.ts';
export * from './resend.ts';
export * from './service-options.ts';
export * from './stores.ts';
export { storageOnStream } from './structured-storage.ts';
export * from './submit.ts';
export * from './tnef.ts';
export { type TokenCommandOptions, tokensByCommand } from './token-command.ts';
export { isTraced, TRACE_WORDS, type TraceWord } from './trace-words.ts';
export * from './vcf.ts';
