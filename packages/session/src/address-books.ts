import { MapiError } from '@nodemapi/base';
import { type IABLogon, MAPI_AB_PROVIDER, type UserInterface } from '@nodemapi/mapi';
import { providersOfType, type UidText } from './profile.ts';
import { leaveSupport, type ProviderRef, type ProviderSlot, providerRef } from './provider-slot.ts';
import type { SessionParts } from './session-context.ts';
import { Teardown } from './teardown.ts';

/** An address book provider that is logged on. */
export interface OpenAddressBook {
  readonly ref: ProviderRef;
  readonly logon: IABLogon;
}

/** How long the logoff of a single address book may take while its session goes on. */
const addressBookLogoffMsMax = 10_000;

/** The address book providers of a session, in profile order; all members share them. spec: iabprovider-logon */
export class AddressBooks {
  readonly #parts: SessionParts;
  readonly #open = new Map<UidText, { readonly slot: ProviderSlot; readonly logon: IABLogon }>();
  #refs: readonly ProviderRef[] = [];

  constructor(parts: SessionParts) {
    this.#parts = parts;
  }

  /** Logs the providers on; what fails is for the gate to judge, and never fails the caller. */
  async start(ui: UserInterface | undefined): Promise<void> {
    const profile = await this.#parts.profile();
    this.#refs = providersOfType(profile, MAPI_AB_PROVIDER).flatMap((uid) => providerRef(profile, uid) ?? []);
    for (const ref of this.#refs) await this.#openOne(ref, ui, false);
  }

  /** Tries those again that are not logged on. Whether all of them are now. */
  async retry(ui: UserInterface | undefined): Promise<boolean> {
    for (const ref of this.#refs) {
      if (!this.#open.has(ref.uid) && !this.#parts.gate.isDisabled(ref.service)) await this.#openOne(ref, ui, true);
    }
    return this.#refs.every((ref) => this.#open.has(ref.uid));
  }

  /** Those that are logged on, in profile order. */
  list(): readonly OpenAddressBook[] {
    return this.#refs.flatMap((ref) => {
      const open = this.#open.get(ref.uid);
      return open === undefined ? [] : [{ ref, logon: open.logon }];
    });
  }

  async closeAll(teardown: Teardown): Promise<void> {
    const open = [...this.#open.values()].reverse();
    this.#open.clear();
    for (const { slot } of open) await this.#parts.closeSlot(slot, teardown);
  }

  async #openOne(ref: ProviderRef, ui: UserInterface | undefined, isRetry: boolean): Promise<void> {
    const slot = this.#parts.openSlot(ref);
    try {
      const provider = await this.#parts.objects.acquire('addressBook', ref);
      const options = { noDialog: ui === undefined };
      const attempt = async (): Promise<IABLogon> =>
        checked(ref, await provider.logon(slot.support, this.#parts.profileName, options, ui));
      const logon = await this.#parts.gate.logon(ref, attempt, ui, isRetry);
      slot.logon = logon;
      await leaveSupport(slot);
      this.#open.set(ref.uid, { slot, logon });
    } catch (error) {
      this.#parts.gate.note(ref, error);
      this.#parts.environment.log.warn('address book cannot be started', { addressBook: ref.displayName, error });
      const { clock, log } = this.#parts.environment;
      await this.#parts.closeSlot(slot, new Teardown(clock, log, addressBookLogoffMsMax));
    }
  }
}

function checked(ref: ProviderRef, logon: IABLogon): IABLogon {
  if (logon?.iid === 'IABLogon') return logon;
  throw new MapiError('MAPI_E_CALL_FAILED', `${ref.displayName} answered its logon with no logon object`, {
    component: ref.displayName,
  });
}
