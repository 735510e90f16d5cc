/** Types of the parts that what nodemapi exports speaks of, so that programs can name what they get and give. */
export type {
  Clock,
  FileSystem,
  LogFields,
  MapiErrorOptions,
  Random,
  RandomAccess,
  Timer,
  Tracer,
} from '@nodemapi/base';
export type { MsgDiagnostic, MsgOutput, MsgWriteOptions } from '@nodemapi/format-msg';
export type {
  ReadAppointmentRecurrence,
  RecurrenceEnd,
  RecurrenceFrequency,
  RecurrencePatternType,
  RuleContext,
  ZoneChange,
  ZoneDefinitionRule,
} from '@nodemapi/format-ocal';
export type { OxcmailDiagnostic } from '@nodemapi/format-oxcmail';
export type {
  FolderToWrite,
  MessageToWrite,
  PstCheckResult,
  PstDiagnostic,
  PstFolder,
  PstKind,
  PstMessage,
  PstOptions,
  PstVersion,
  PstWriterOptions,
} from '@nodemapi/format-pst';
export type { TnefDiagnostic } from '@nodemapi/format-tnef';
export type {
  QueryAllRowsOptions,
  SpoolerFactory,
  SpoolerRoute,
  SpoolerStore,
  WrappedRtf,
  WrapRtfExOptions,
  WrapRtfOptions,
} from '@nodemapi/kit';
export type {
  BindEndOptions,
  EndCause,
  EndRequest,
  EndSessionOptions,
  EndSignal,
  FastShutdownPolicy,
  InfProblem,
  InitializeOptions,
  Leak,
  ProcessEvents,
  SecretStore,
  TraceHook,
} from '@nodemapi/session';
export type { SpoolerOptions } from '@nodemapi/spooler';
export type { MessageDiagnostic } from './dump-value.ts';
