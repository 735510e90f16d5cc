import type { CrashRecovery } from '@nodemapi/kit';
import type { LeftOpen } from '@nodemapi/mapi';
import type { BoundEnds } from './bound-ends.ts';
import type { BufferPool } from './buffer-pool.ts';
import type { FastShutdown } from './fast-shutdown.ts';
import type { MapiSession } from './mapi-session.ts';
import type { SessionCore } from './session-core.ts';
import type { Teardown } from './teardown.ts';

/** What a session asks of its subsystem at its end. */
export interface SessionOwner {
  readonly buffers: BufferPool;
  readonly fastShutdown: FastShutdown;
  readonly crash: CrashRecovery;
  readonly boundEnds: BoundEnds;
  /** Sessions that are logged on, this one included. */
  readonly openSessions: number;
  /** Whether `noteLeftOpen` keeps what it is told. */
  readonly tracesLeaks: boolean;
  /** A member had this open when its end began. */
  noteLeftOpen(session: MapiSession, left: LeftOpen): void;
  /** Resolves when whoever asked for the end of a session of the process has his answer, or cannot be given one. */
  answered(): Promise<void>;
  /** A member begins to leave; the others are told. */
  leave(session: MapiSession): void;
  /** Asks all members of a session to log off, in all processes; resolves when they have been told. */
  end(core: SessionCore): Promise<void>;
  /** A member has gone; the last one ends what its session shared. */
  left(session: MapiSession, teardown: Teardown): Promise<void>;
  /** OleUninitialize, if OleInitialize was called. Whether it was. */
  undoOle(): boolean;
  /** MAPIUninitialize, if MAPIInitialize was called and no other session needs it. Whether it was done. */
  undoMapi(): Promise<boolean>;
  /** DeinitMapiUtil, if ScInitMapiUtil was called. Whether it was. */
  undoUtil(): boolean;
}
