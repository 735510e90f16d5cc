/** MAPI: ITnef, a message in a TNEF stream. spec: itnefiunknown, opentnefstreamex */
import type { MapiErrorCode, MapiWarningCode } from '@nodemapi/base';
import type { IMessage } from './message.ts';
import type { PropTag } from './prop-tag.ts';
import type { PropValue } from './prop-value.ts';
import type { IStream } from './stream.ts';
import type { IMAPITable } from './table.ts';
import type { IUnknown } from './unknown.ts';

/** MAPI: STnefProblem. What of a message could not be encoded or extracted; everything else was. */
export interface TnefProblem {
  /** 0 for the message itself, else the key of the attachment. */
  readonly component: number;
  /** The attribute in which it happened; 0 where it is none. */
  readonly attribute: number;
  /** 0 where a whole attribute is meant. */
  readonly tag: PropTag;
  readonly code: MapiErrorCode;
}

/** MAPI: STnefProblemArray, with the warning that stands for it. */
export interface TnefResult {
  readonly problems: readonly TnefProblem[];
  readonly warning?: MapiWarningCode;
}

/** Which properties `addProps` means, and of what. */
export interface TnefAddOptions {
  /** TNEF_PROP_INCLUDE: those listed. */
  readonly include?: boolean;
  /** TNEF_PROP_EXCLUDE: all but those listed. */
  readonly exclude?: boolean;
  /** TNEF_PROP_CONTAINED: those of the attachment of this number. */
  readonly contained?: number;
  /** TNEF_PROP_MESSAGE_ONLY */
  readonly messageOnly?: boolean;
  /** TNEF_PROP_ATTACHMENTS_ONLY */
  readonly attachmentsOnly?: boolean;
  /** TNEF_PROP_CONTAINED_TNEF: the data are a TNEF stream for the message in the attachment of this number. */
  readonly containedTnef?: number;
  /** With `contained` the transport's name of the attachment, with `containedTnef` a stream. */
  readonly data?: string | IStream;
}

/** One of TNEF_COMPONENT_MESSAGE and TNEF_COMPONENT_ATTACHMENT, and what of it is encoded. */
export interface TnefComponentOptions {
  readonly component: 'message' | 'attachment';
  /** Number of the attachment; not with 'message'. */
  readonly attachNum?: number;
  /** Properties that are encoded whatever the object says. */
  readonly values?: readonly PropValue[];
  /** Properties of the object that are encoded; all transmittable ones if omitted. */
  readonly tags?: readonly PropTag[];
}

/** MAPI: ITnef. It is made for encoding or for decoding, and has no use afterwards. */
export interface ITnef extends IUnknown {
  readonly iid: 'ITnef';
  /**
   * Notes properties for `finish`; what is given must stay as it is until then.
   *
   * @throws MAPI_E_INVALID_PARAMETER unless one of `include`, `exclude`, `contained` and `containedTnef` says what is
   * meant; MAPI_E_NO_SUPPORT when decoding
   * @see spec: itnef-addprops
   */
  addProps(tags: readonly PropTag[], options: TnefAddOptions): Promise<void>;
  /**
   * Puts properties of the stream into the message at once, over those it has; may be called again for others.
   *
   * @throws MAPI_E_CORRUPT_DATA if it is no TNEF stream; MAPI_E_NO_SUPPORT when encoding
   * @see spec: itnef-extractprops
   */
  extractProps(
    tags: readonly PropTag[],
    options: { readonly include?: boolean; readonly exclude?: boolean },
  ): Promise<TnefResult>;
  /**
   * Notes values that are encoded in place of those of the message, which stays as it is.
   *
   * @see spec: itnef-setprops
   */
  setProps(values: readonly PropValue[], options?: { readonly contained?: number }): Promise<void>;
  /** Notes a recipient table, as it is set up; null for that of the message. spec: itnef-encoderecips */
  encodeRecips(table: IMAPITable | null): Promise<void>;
  /**
   * Encodes everything that was noted and writes it; the stream then stands behind it.
   *
   * @see spec: itnef-finish
   */
  finish(): Promise<TnefResult & { readonly key: number }>;
  /**
   * Encodes one part of the message; `finish` puts the parts together.
   *
   * @throws MAPI_E_NO_SUPPORT unless opened with `componentEncoding`; MAPI_E_INVALID_PARAMETER
   * @see spec: itnef-finishcomponent
   */
  finishComponent(options: TnefComponentOptions): Promise<TnefResult>;
  /**
   * Opens the text of `message` with a tag in the place of each attachment, `[[ title : key in name ]]`. With `modify`
   * and `create` a text with such tags is written, and a commit sets the body and the places without them.
   *
   * @see spec: itnef-opentaggedbody, tnef-tagged-message-text
   */
  openTaggedBody(
    message: IMessage,
    options?: { readonly modify?: boolean; readonly create?: boolean },
  ): Promise<IStream>;
}
