/** MAPI: IABContainer, IDistList, IMailUser. spec: iabcontainerimapicontainer */

import type { ResolveFlag } from './addr-book.ts';
import type { IMAPIContainer } from './container.ts';
import type { EntryId } from './entry-id.ts';
import type { Done } from './folder.ts';
import type { IMAPIProp } from './mapi-prop.ts';
import type { ProgressOptions } from './progress.ts';
import type { PropTag } from './prop-tag.ts';
import type { AdrList } from './recipient.ts';

/** PR_CONTAINER_FLAGS */
export const AB_RECIPIENTS = 0x1;
export const AB_SUBCONTAINERS = 0x2;
export const AB_MODIFIABLE = 0x4;
export const AB_UNMODIFIABLE = 0x8;
export const AB_FIND_ON_OPEN = 0x10;
export const AB_NOT_DEFAULT = 0x20;

/** CREATE_CHECK_DUP_STRICT, CREATE_CHECK_DUP_LOOSE, CREATE_REPLACE: what a new entry does to one that is there. */
export interface CheckDuplicates {
  /** CREATE_CHECK_DUP_STRICT: same name and address */
  readonly strict?: boolean;
  /** CREATE_CHECK_DUP_LOOSE: same name */
  readonly loose?: boolean;
  /** CREATE_REPLACE */
  readonly replace?: boolean;
}

/** Options of `copyEntries`, by flag. spec: iabcontainer-copyentries */
export interface CopyEntriesOptions extends CheckDuplicates, ProgressOptions {
  /** AB_NO_DIALOG: no progress is shown, and a progress object is passed over */
  readonly noDialog?: boolean;
}

/** What containers and distribution lists have in common. */
export interface HoldsRecipients extends IMAPIContainer {
  /** Makes an entry by a template of PR_CREATE_TEMPLATES, unsaved. Its `saveChanges` may fail with MAPI_E_COLLISION. */
  createEntry(template: EntryId, check?: CheckDuplicates): Promise<IMailUser | IDistList>;
  /**
   * Copies entries into the container.
   *
   * @throws MAPI_E_INVALID_PARAMETER for `noDialog` with a `dialog`
   */
  copyEntries(entryIds: readonly EntryId[], options?: CopyEntriesOptions): Promise<Done>;
  deleteEntries(entryIds: readonly EntryId[]): Promise<Done>;
  /** Resolves entries whose flag is 'unresolved'. @throws MAPI_E_NO_SUPPORT; PR_ANR restrictions then do it */
  resolveNames(
    tags: readonly PropTag[] | null,
    list: AdrList,
    flags: readonly ResolveFlag[],
  ): Promise<{ readonly list: AdrList; readonly flags: readonly ResolveFlag[] }>;
}

export interface IABContainer extends HoldsRecipients {
  readonly iid: 'IABContainer';
}

export interface IDistList extends HoldsRecipients {
  readonly iid: 'IDistList';
}

export interface IMailUser extends IMAPIProp {
  readonly iid: 'IMailUser';
}
