/**
 * Which parts of a message are its body.
 *
 * - The first text part without a file name is the body; a text part after it is an attachment.
 * - Where the body stands in a multipart/alternative, its first text/plain and its first text/html are both the body.
 *
 * spec: message-text
 */
import type { MimePart } from '@nodemapi/format-mime';

export type BodyKind = 'text' | 'html';

export class BodySlots {
  readonly #filled = new Set<BodyKind>();
  /** The outermost alternative in which the body stands. */
  #alternative: MimePart | undefined;

  /** Whether a body of that kind has been met. */
  has(kind: BodyKind): boolean {
    return this.#filled.has(kind);
  }

  get empty(): boolean {
    return this.#filled.size === 0;
  }

  /** Takes the part as a body if it is one; undefined means that it is an attachment. */
  take(part: MimePart): BodyKind | undefined {
    const kind = bodyKind(part);
    if (kind === undefined || this.#filled.has(kind)) return undefined;
    if (this.#filled.size > 0 && !this.#isAlternative(part)) return undefined;
    if (this.#filled.size === 0) this.#alternative = outermostAlternative(part);
    this.#filled.add(kind);
    return kind;
  }

  #isAlternative(part: MimePart): boolean {
    for (let parent = part.parent; parent !== undefined; parent = parent.parent) {
      if (parent === this.#alternative) return true;
    }
    return false;
  }
}

function bodyKind(part: MimePart): BodyKind | undefined {
  if (part.disposition !== undefined && part.disposition !== 'inline') return undefined;
  if (part.fileName !== undefined && part.depth > 0) return undefined;
  if (part.contentType === 'text/plain') return 'text';
  return part.contentType === 'text/html' ? 'html' : undefined;
}

function outermostAlternative(part: MimePart): MimePart | undefined {
  let found: MimePart | undefined;
  for (let parent = part.parent; parent !== undefined; parent = parent.parent) {
    if (parent.contentType === 'multipart/alternative') found = parent;
  }
  return found;
}
