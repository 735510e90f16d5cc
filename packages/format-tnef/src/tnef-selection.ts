/** What `addProps`, `setProps` and `encodeRecips` noted, until `finish`. */
import {
  type IMAPITable,
  type IStream,
  isTransmittable,
  MapiError,
  PR_ATTACH_TRANSPORT_NAME,
  PR_MESSAGE_ATTACHMENTS,
  PR_MESSAGE_RECIPIENTS,
  type PropTag,
  type PropValue,
  propId,
  type TnefAddOptions,
} from '@nodemapi/mapi';
import type { TnefProp } from './tnef-message.ts';

/** Properties of an object: those included, and all transmittable ones but those excluded. */
class Choice {
  readonly #included = new Set<number>();
  #excluded: Set<number> | undefined;

  include(tags: readonly PropTag[]): void {
    for (const tag of tags) this.#included.add(propId(tag));
  }

  exclude(tags: readonly PropTag[]): void {
    this.#excluded ??= new Set();
    for (const tag of tags) this.#excluded.add(propId(tag));
  }

  has(tag: PropTag): boolean {
    if (this.#included.has(propId(tag))) return true;
    return this.#excluded !== undefined && !this.#excluded.has(propId(tag)) && isTransmittable(tag);
  }

  /** Of PR_MESSAGE_ATTACHMENTS and the like, which are no properties that travel. */
  hasPart(tag: PropTag): boolean {
    return this.#included.has(propId(tag)) || (this.#excluded !== undefined && !this.#excluded.has(propId(tag)));
  }

  includes(tag: PropTag): boolean {
    return this.#included.has(propId(tag));
  }
}

export class TnefSelection {
  readonly #message = new Choice();
  readonly #attachments = new Choice();
  readonly #contained = new Map<number, Choice>();
  readonly #values = new Map<number | undefined, TnefProp[]>();
  readonly tnefStreams = new Map<number, IStream>();
  recipientTable: IMAPITable | undefined;

  /** @throws MAPI_E_INVALID_PARAMETER unless the options say what is meant */
  add(tags: readonly PropTag[], options: TnefAddOptions): void {
    const { include = false, exclude = false, contained, containedTnef, data } = options;
    if (include && exclude) throw new MapiError('MAPI_E_INVALID_PARAMETER', 'included and excluded at once');
    if (containedTnef !== undefined) {
      if (data === undefined || typeof data === 'string') {
        throw new MapiError('MAPI_E_INVALID_PARAMETER', 'the data of a contained TNEF are a stream');
      }
      this.tnefStreams.set(containedTnef, data);
      return;
    }
    if (!include && !exclude && contained === undefined) {
      throw new MapiError('MAPI_E_INVALID_PARAMETER', 'neither included nor excluded');
    }
    if (contained !== undefined && typeof data === 'string') {
      this.set([{ tag: PR_ATTACH_TRANSPORT_NAME, value: data }], contained);
    }
    for (const choice of this.#choices(options)) exclude ? choice.exclude(tags) : choice.include(tags);
  }

  set(values: readonly PropValue[], attachNum: number | undefined): void {
    const known = this.#values.get(attachNum) ?? [];
    const ids = new Set(values.map(({ tag }) => propId(tag)));
    this.#values.set(attachNum, [...known.filter(({ tag }) => !ids.has(propId(tag))), ...values]);
  }

  wants(tag: PropTag, attachNum: number | undefined): boolean {
    if (attachNum === undefined) return this.#message.has(tag);
    return this.#attachments.has(tag) || (this.#contained.get(attachNum)?.has(tag) ?? false);
  }

  wantsAttachment(attachNum: number): boolean {
    if (this.#contained.has(attachNum) || this.tnefStreams.has(attachNum)) return true;
    return this.#message.hasPart(PR_MESSAGE_ATTACHMENTS) || this.#attachments.hasPart(PR_MESSAGE_ATTACHMENTS);
  }

  values(attachNum: number | undefined): readonly TnefProp[] {
    return this.#values.get(attachNum) ?? [];
  }

  get recipients(): IMAPITable | 'all' | undefined {
    return this.recipientTable ?? (this.#message.includes(PR_MESSAGE_RECIPIENTS) ? 'all' : undefined);
  }

  #choices({ contained, messageOnly, attachmentsOnly }: TnefAddOptions): readonly Choice[] {
    if (contained !== undefined) {
      const choice = this.#contained.get(contained) ?? new Choice();
      this.#contained.set(contained, choice);
      return [choice];
    }
    return [...(attachmentsOnly === true ? [] : [this.#message]), ...(messageOnly === true ? [] : [this.#attachments])];
  }
}
