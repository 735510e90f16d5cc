/** MAPI: IABProvider and IABLogon, what an address book library brings. spec: iabprovideriunknown, iablogoniunknown */
import type { OpensEntries } from './container.ts';
import type { EntryId } from './entry-id.ts';
import type { IMAPIProp } from './mapi-prop.ts';
import type { AdviseConnection, AdviseSource, IMAPIAdviseSink } from './notification.ts';
import type { PropTag } from './prop-tag.ts';
import type { AdrList } from './recipient.ts';
import type { IMAPIStatus } from './status.ts';
import type { IMAPISupport } from './support.ts';
import type { IMAPITable } from './table.ts';
import type { HasLastError, IUnknown } from './unknown.ts';
import type { UserInterface } from './user-interface.ts';

export interface IABProvider extends IUnknown {
  readonly iid: 'IABProvider';
  shutdown(): Promise<void>;
  /** @throws MAPI_E_UNCONFIGURED, MAPI_E_FAILONEPROVIDER, MAPI_E_LOGON_FAILED */
  logon(
    support: IMAPISupport,
    profileName: string,
    options: { readonly noDialog?: boolean },
    ui?: UserInterface,
  ): Promise<IABLogon>;
}

export interface IABLogon extends IUnknown, HasLastError, OpensEntries, AdviseSource {
  readonly iid: 'IABLogon';
  logoff(): Promise<void>;
  compareEntryIDs(a: EntryId, b: EntryId): Promise<boolean>;
  advise(entryId: EntryId | null, mask: number, sink: IMAPIAdviseSink): Promise<AdviseConnection>;
  openStatusEntry(): Promise<IMAPIStatus>;
  /** @throws MAPI_E_UNKNOWN_ENTRYID; MAPI_E_NO_SUPPORT without templates */
  openTemplateID(templateId: EntryId, data: IMAPIProp, options?: { readonly fillEntry?: boolean }): Promise<IMAPIProp>;
  /** @throws MAPI_E_NO_SUPPORT without templates */
  getOneOffTable(): Promise<IMAPITable>;
  prepareRecips(tags: readonly PropTag[] | null, list: AdrList): Promise<AdrList>;
}
