/** MAPI: IMAPIProp, the property interface of every object. spec: imapipropiunknown */
import type { MapiWarningCode } from '@nodemapi/base';
import type { InterfaceMap, InterfaceName } from './interface-map.ts';
import type { MapiNameId } from './named-property.ts';
import type { ProgressOptions } from './progress.ts';
import type { PropTag } from './prop-tag.ts';
import type { CheckedProps, GetPropsResult, PropProblem } from './prop-value.ts';
import type { HasLastError, IUnknown } from './unknown.ts';

/** Options of `saveChanges`, by flag. spec: imapiprop-savechanges */
export interface SaveChangesOptions {
  /** KEEP_OPEN_READONLY */
  readonly keepOpenReadOnly?: boolean;
  /** KEEP_OPEN_READWRITE */
  readonly keepOpenReadWrite?: boolean;
  /** FORCE_SAVE: overwrite what another writer saved in the meantime */
  readonly force?: boolean;
  /** MAPI_DEFERRED_ERRORS */
  readonly deferredErrors?: boolean;
  /** SPAMFILTER_ONSAVE: only once it has passed the spam filter of the store. @throws MAPI_E_NO_SUPPORT without one */
  readonly spamFilter?: boolean;
  /** NON_EMS_XP_SAVE: it comes from a server that has no rules of its own; with ITEMPROC_FORCE the store's are applied */
  readonly fromTransport?: boolean;
}

/** Options of `getNamesFromIDs`, by flag. spec: imapiprop-getnamesfromids */
export interface GetNamesOptions {
  /** MAPI_NO_STRINGS: no names that are strings */
  readonly noStrings?: boolean;
  /** MAPI_NO_IDS: no names that are numbers */
  readonly noIds?: boolean;
}

/** Options of `openProperty`, by flag. spec: imapiprop-openproperty */
export interface OpenPropertyOptions {
  /** MAPI_MODIFY */
  readonly modify?: boolean;
  /** MAPI_CREATE: make the property if it is not there; an existing value is replaced */
  readonly create?: boolean;
  /** MAPI_DEFERRED_ERRORS */
  readonly deferredErrors?: boolean;
}

/** Options of `copyTo` and `copyProps`, by flag. spec: imapiprop-copyto */
export interface CopyOptions extends ProgressOptions {
  /** MAPI_MOVE */
  readonly move?: boolean;
  /** MAPI_NOREPLACE */
  readonly noReplace?: boolean;
  /** MAPI_DECLINE_OK; only the subsystem sets it */
  readonly declineOk?: boolean;
  /**
   * rgiidExclude: what would be copied by one of these interfaces, or by one derived from them, stays behind: with
   * IMessage the messages in a folder and in attachments, with IMAPIContainer its subfolders. Unknown ones are ignored.
   */
  readonly excludeInterfaces?: readonly string[];
}

/** What a copy answers: problems of single properties, MAPI_W_PARTIAL_COMPLETION. */
export interface CopyResult {
  readonly problems: readonly PropProblem[];
  readonly warning?: MapiWarningCode;
}

export interface IMAPIProp extends IUnknown, HasLastError {
  /**
   * Makes changes permanent. Afterwards the object is closed for everything but `release`, unless it is kept open.
   *
   * @throws MAPI_E_OBJECT_CHANGED if another writer saved first; MAPI_E_NO_ACCESS on an object opened for reading
   * @see spec: imapiprop-savechanges
   */
  saveChanges(options?: SaveChangesOptions): Promise<void>;
  /**
   * Reads properties in the order of `tags`; all of them if `tags` is omitted.
   *
   * A property that is absent is undefined in `values` and PT_ERROR (MAPI_E_NOT_FOUND) in `props`; one that is too
   * large to be held (from 4,096 bytes of a string or binary on the store may decide so) has
   * MAPI_E_NOT_ENOUGH_MEMORY and is read with `openProperty`. A tag of type PT_UNSPECIFIED takes the stored type.
   *
   * @throws MAPI_E_INVALID_PARAMETER if `tags` is empty
   * @see spec: imapiprop-getprops
   */
  getProps<const T extends readonly PropTag[]>(tags?: T): Promise<GetPropsResult<T>>;
  /** Tags of all properties, PT_OBJECT ones too. spec: imapiprop-getproplist */
  getPropList(): Promise<readonly PropTag[]>;
  /**
   * Opens a property as an object: 'IStream' for strings and binaries of any size ('IStreamDocfile' and 'IStorage' for the
   * compound file of an OLE attachment, never as a stream and as a storage at a time), 'IMAPITable' for the tables of a
   * message or folder, 'IMessage' for an embedded message (PR_ATTACH_DATA_OBJ).
   *
   * @throws MAPI_E_NOT_FOUND if it is absent and `create` is not set; MAPI_E_INTERFACE_NOT_SUPPORTED; MAPI_E_NO_ACCESS
   * @see spec: imapiprop-openproperty
   */
  openProperty<I extends InterfaceName>(tag: PropTag, iid: I, options?: OpenPropertyOptions): Promise<InterfaceMap[I]>;
  /**
   * Sets properties; those that could not be set are named in the answer, the others are set.
   *
   * @throws MAPI_E_INVALID_PARAMETER if `values` is empty; MAPI_E_NO_ACCESS on an object opened for reading
   * @see spec: imapiprop-setprops
   */
  setProps<const T extends readonly PropTag[]>(values: CheckedProps<T>): Promise<readonly PropProblem[]>;
  /** Deletes properties; deleting an absent one is no problem. spec: imapiprop-deleteprops */
  deleteProps(tags: readonly PropTag[]): Promise<readonly PropProblem[]>;
  /** Copies everything but `exclude` (property tags and subobjects) to `destination`. spec: imapiprop-copyto */
  copyTo(destination: IMAPIProp, exclude?: readonly PropTag[], options?: CopyOptions): Promise<CopyResult>;
  /** Copies the named properties to `destination`. spec: imapiprop-copyprops */
  copyProps(include: readonly PropTag[], destination: IMAPIProp, options?: CopyOptions): Promise<CopyResult>;
  /**
   * The names behind identifiers from 0x8000 on; undefined for one that has no name, or none of the kinds asked for.
   * All names of these kinds without `tags`.
   *
   * @throws MAPI_E_NO_SUPPORT on objects without named properties
   */
  getNamesFromIDs(tags?: readonly PropTag[], options?: GetNamesOptions): Promise<readonly (MapiNameId | undefined)[]>;
  /**
   * The identifiers of names, as tags of type PT_UNSPECIFIED; undefined for a name that is unknown and not created.
   *
   * @see spec: imapiprop-getidsfromnames
   */
  getIDsFromNames(
    names: readonly MapiNameId[],
    options?: { readonly create?: boolean },
  ): Promise<readonly (PropTag | undefined)[]>;
}
