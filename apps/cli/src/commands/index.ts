/** Every command, in the order of the help. */
import type { CommandSpec } from '../command.ts';
import { ADDRESS_COMMANDS } from './address.ts';
import { CHECK_COMMANDS } from './check.ts';
import { DEMO_COMMANDS } from './demo.ts';
import { DUMP_COMMANDS } from './dump.ts';
import { EXPORT_COMMANDS } from './export.ts';
import { FLUSH_COMMANDS } from './flush.ts';
import { FOLDER_COMMANDS } from './folders.ts';
import { HEADERS_COMMANDS } from './headers.ts';
import { IMPORT_COMMANDS } from './import.ts';
import { LIST_COMMANDS } from './list.ts';
import { OUTBOX_COMMANDS } from './outbox.ts';
import { PROFILE_COMMANDS } from './profile.ts';
import { SEND_COMMANDS } from './send.ts';
import { SERVE_COMMANDS } from './serve.ts';
import { SERVICE_COMMANDS } from './service.ts';
import { CATALOGUE_COMMANDS } from './service-catalogue.ts';
import { SESSION_COMMANDS } from './session.ts';
import { SHOW_COMMANDS } from './show.ts';
import { STATUS_COMMANDS } from './status.ts';
import { WATCH_COMMANDS } from './watch.ts';

export const COMMANDS: readonly CommandSpec[] = [
  ...DEMO_COMMANDS,
  ...PROFILE_COMMANDS,
  ...SERVICE_COMMANDS,
  ...CATALOGUE_COMMANDS,
  ...SEND_COMMANDS,
  ...OUTBOX_COMMANDS,
  ...FLUSH_COMMANDS,
  ...HEADERS_COMMANDS,
  ...FOLDER_COMMANDS,
  ...LIST_COMMANDS,
  ...SHOW_COMMANDS,
  ...DUMP_COMMANDS,
  ...IMPORT_COMMANDS,
  ...EXPORT_COMMANDS,
  ...ADDRESS_COMMANDS,
  ...STATUS_COMMANDS,
  ...WATCH_COMMANDS,
  ...SERVE_COMMANDS,
  ...SESSION_COMMANDS,
  ...CHECK_COMMANDS,
];
