import { bytesEqual } from '@nodemapi/base';
import { type EntryId, entryIdUid, type MapiUid } from '@nodemapi/mapi';
import type { ProviderSlot } from './provider-slot.ts';

interface Registration {
  readonly uid: MapiUid;
  readonly slot: ProviderSlot;
}

/** Which logon object serves which MAPIUID; of several the first that was registered. spec: imapisupport-setprovideruid */
export class UidRegistry {
  #registrations: Registration[] = [];

  add(uid: MapiUid, slot: ProviderSlot): void {
    this.#registrations.push({ uid: Uint8Array.from(uid), slot });
  }

  /** `to` serves what `from` does. */
  copy(from: ProviderSlot, to: ProviderSlot): void {
    for (const { slot, uid } of this.#registrations) if (slot === from) this.add(uid, to);
  }

  remove(slot: ProviderSlot): void {
    this.#registrations = this.#registrations.filter((registration) => registration.slot !== slot);
  }

  /** The first slot that serves an identifier and is logged on, among those that `admits` lets through. */
  find(entryId: EntryId, admits: (slot: ProviderSlot) => boolean): ProviderSlot | undefined {
    const uid = entryIdUid(entryId);
    if (uid === undefined) return undefined;
    return this.#registrations.find(
      ({ slot, uid: own }) => slot.logon !== undefined && bytesEqual(own, uid) && admits(slot),
    )?.slot;
  }
}
