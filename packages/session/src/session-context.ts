import type { Clock, Log, Random } from '@nodemapi/base';
import type { AdviseHub, Spooler, SpoolerFactory } from '@nodemapi/kit';
import type { ProviderHost } from '@nodemapi/mapi';
import type { AdminContext } from './admin-context.ts';
import type { EntryPoints } from './entry-points.ts';
import type { LogonTurns } from './logon-turns.ts';
import type { Profile } from './profile.ts';
import type { ProviderObjects } from './provider-objects.ts';
import type { ProviderRef, ProviderSlot } from './provider-slot.ts';
import type { ServiceGate } from './service-gate.ts';
import type { StatusTable } from './status-table.ts';
import type { TargetRegistry } from './target-registry.ts';
import type { Teardown } from './teardown.ts';
import type { UidRegistry } from './uid-registry.ts';

/** What every session of a subsystem works with. */
export interface SessionEnvironment {
  readonly admin: AdminContext;
  readonly host: ProviderHost;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly targets: TargetRegistry;
  readonly entryPoints: EntryPoints;
  readonly createSpooler: SpoolerFactory;
  readonly providerLogonTimeoutMs: number;
  readonly logonTurns: LogonTurns;
  /** Names this process in locks and reports. */
  readonly owner: string;
}

/** What the parts of one session share. */
export interface SessionParts {
  readonly environment: SessionEnvironment;
  readonly profileName: string;
  readonly hub: AdviseHub;
  readonly uids: UidRegistry;
  readonly status: StatusTable;
  readonly gate: ServiceGate;
  readonly objects: ProviderObjects;
  profile(): Promise<Profile>;
  /** The spooler while there is one. */
  spooler(): Spooler | undefined;
  /** Makes the support object of a logon, and the slot that the logon will fill. */
  openSlot(ref: ProviderRef, options?: SlotOptions): ProviderSlot;
  /** Logs a slot off and forgets it. */
  closeSlot(slot: ProviderSlot, teardown: Teardown): Promise<void>;
}

export interface SlotOptions {
  readonly owner?: object;
  /** Its MAPIUIDs and status row are not made known: another logon of the same store has them. */
  readonly hidden?: boolean;
  readonly temporary?: boolean;
}
