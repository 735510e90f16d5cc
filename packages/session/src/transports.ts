import { MapiError, toHex } from '@nodemapi/base';
import type { SpoolerTransport } from '@nodemapi/kit';
import { type IXPLogon, MAPI_TRANSPORT_PROVIDER, type MapiUid, type TransportLogon } from '@nodemapi/mapi';
import { providersOfType, type UidText, uidBytes } from './profile.ts';
import { leaveSupport, type ProviderRef, type ProviderSlot, providerRef } from './provider-slot.ts';
import type { SessionParts } from './session-context.ts';
import { Teardown } from './teardown.ts';

interface OpenTransport {
  readonly slot: ProviderSlot;
  readonly transport: SpoolerTransport;
}

/** How long the logoff of a single transport may take while its session goes on. */
const transportLogoffMsMax = 10_000;

/** The transports of a session; they are started when the spooler asks for them. spec: starting-a-service-provider */
export class Transports {
  readonly #parts: SessionParts;
  readonly #open = new Map<UidText, OpenTransport>();
  #order: readonly UidText[] = [];
  #missing: readonly string[] = [];
  #isOver = false;

  constructor(parts: SessionParts) {
    this.#parts = parts;
  }

  /** Fixes the order at logon: later changes of the profile are for the next session. */
  async prepare(): Promise<void> {
    this.#order = providersOfType(await this.#parts.profile(), MAPI_TRANSPORT_PROVIDER);
  }

  /** Logs on every transport that is not, and answers those that are, in transport order. */
  async openAll(): Promise<readonly SpoolerTransport[]> {
    const profile = await this.#parts.profile();
    for (const uid of this.#order) {
      const ref = providerRef(profile, uid);
      if (ref !== undefined && !this.#open.has(uid)) await this.#openOne(ref);
    }
    const closed = this.#order.filter((uid) => !this.#open.has(uid));
    this.#missing = closed.map((uid) => providerRef(profile, uid)?.displayName ?? uid);
    return this.#order.flatMap((uid) => this.#open.get(uid)?.transport ?? []);
  }

  /** Names of the transports that could not be logged on: what nobody takes may be theirs. */
  missing(): readonly string[] {
    return this.#missing;
  }

  /** Logs one transport off; the spooler asks for it after a critical error. */
  async close(uid: MapiUid): Promise<void> {
    const open = this.#open.get(toHex(uid));
    if (open === undefined) return;
    this.#open.delete(toHex(uid));
    const { clock, log } = this.#parts.environment;
    await this.#parts.closeSlot(open.slot, new Teardown(clock, log, transportLogoffMsMax));
  }

  async closeAll(teardown: Teardown): Promise<void> {
    this.#isOver = true;
    const open = [...this.#open.values()].reverse();
    this.#open.clear();
    for (const { slot } of open) await this.#parts.closeSlot(slot, teardown);
  }

  /** A transport that cannot be logged on is out; the others and the session go on. */
  async #openOne(ref: ProviderRef): Promise<void> {
    const slot = this.#parts.openSlot(ref);
    try {
      const provider = await this.#parts.objects.acquire('transport', ref);
      const options = { noInbound: true, noOutbound: true, noDialog: true };
      const attempt = async (): Promise<TransportLogon> =>
        checked(ref, await provider.transportLogon(slot.support, this.#parts.profileName, options));
      const { logon, ...flags } = await this.#parts.gate.logon(ref, attempt);
      slot.logon = logon;
      await leaveSupport(slot);
      if (this.#isOver) throw new MapiError('MAPI_E_CANCEL', 'the session ended before the logon did');
      const transport = { uid: uidBytes(ref.uid), displayName: ref.displayName, logon, options: flags };
      this.#open.set(ref.uid, { slot, transport });
    } catch (error) {
      this.#parts.gate.note(ref, error);
      this.#parts.environment.log.warn('transport cannot be started', { transport: ref.displayName, error });
      const { clock, log } = this.#parts.environment;
      await this.#parts.closeSlot(slot, new Teardown(clock, log, transportLogoffMsMax));
    }
  }
}

function checked(ref: ProviderRef, made: TransportLogon): TransportLogon {
  const logon: IXPLogon | undefined = made?.logon;
  if (logon?.iid === 'IXPLogon') return made;
  throw new MapiError('MAPI_E_CALL_FAILED', `${ref.displayName} answered its logon with no logon object`, {
    component: ref.displayName,
  });
}
