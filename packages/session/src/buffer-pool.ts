import { type Log, MapiError } from '@nodemapi/base';
import type { BufferAllocator, LeftOpenBlock, MapiBuffer } from '@nodemapi/mapi';
import { type Opener, Openers, openerText } from './openers.ts';

/** The largest block that is given out. */
export const bufferBytesMax = 0x7fff_ffff;

const NO_OPENERS = new Openers({ captureOpeners: false, internalDirectories: [] });

interface Root {
  readonly chained: Set<MapiBuffer>;
  readonly opener: Opener;
}

/**
 * MAPI's allocators: blocks are byte arrays whose roots are remembered until they are freed.
 *
 * The end of a session frees nothing: whoever asked for a block frees it. spec: mapiallocatebuffer, mapifreebuffer
 */
export class BufferPool implements BufferAllocator {
  readonly #log: Log;
  readonly #openers: Openers;
  readonly #roots = new Map<MapiBuffer, Root>();

  constructor(log: Log, openers: Openers = NO_OPENERS) {
    this.#log = log;
    this.#openers = openers;
  }

  /** Root blocks that are not freed. */
  get open(): number {
    return this.#roots.size;
  }

  /** The blocks that are not freed, oldest first. */
  openBlocks(): readonly LeftOpenBlock[] {
    return [...this.#roots].map(([root, { chained, opener }]) => ({
      bytes: [...chained].reduce((sum, block) => sum + block.length, root.length),
      openedAt: openerText(opener),
    }));
  }

  /** @param opener who asked for the block, if not the caller */
  allocateBuffer(size: number, opener: Opener = this.#openers.caller(0)): MapiBuffer {
    const buffer = newBlock(size);
    this.#roots.set(buffer, { chained: new Set(), opener });
    return buffer;
  }

  allocateMore(size: number, root: MapiBuffer): MapiBuffer {
    const chain = this.#roots.get(root);
    if (chain === undefined) {
      throw new MapiError('MAPI_E_INVALID_PARAMETER', 'MAPIAllocateMore: the block is no root, or it was freed');
    }
    const buffer = newBlock(size);
    chain.chained.add(buffer);
    return buffer;
  }

  /**
   * A new root block with the contents of `original`, as far as they fit; the rest is zero.
   *
   * `original` and what is chained to it stay as they are, and are freed by whoever has them. spec: mapireallocatebuffer
   *
   * @throws MAPI_E_INVALID_PARAMETER if `original` is no open block of this pool
   */
  reallocateBuffer(original: MapiBuffer | null, size: number): MapiBuffer {
    if (original !== null && !this.isOpen(original)) {
      throw new MapiError('MAPI_E_INVALID_PARAMETER', 'MAPIReallocateBuffer: the block is not open, or never was');
    }
    const buffer = this.allocateBuffer(size);
    if (original !== null) buffer.set(original.subarray(0, size));
    return buffer;
  }

  freeBuffer(buffer: MapiBuffer | null): void {
    if (buffer === null || this.#roots.delete(buffer)) return;
    this.#log.debug('freed a block that is no open root', { bytes: buffer.length });
  }

  /** Whether the block is a root that was not freed, or is chained to one. */
  isOpen(buffer: MapiBuffer): boolean {
    if (this.#roots.has(buffer)) return true;
    for (const { chained } of this.#roots.values()) if (chained.has(buffer)) return true;
    return false;
  }

  /** Frees every block and answers how many roots there were. */
  freeAll(): number {
    const count = this.#roots.size;
    this.#roots.clear();
    return count;
  }
}

function newBlock(size: number): MapiBuffer {
  if (!Number.isInteger(size) || size < 0) {
    throw new MapiError('MAPI_E_INVALID_PARAMETER', `${size} is no size of a block`);
  }
  if (size > bufferBytesMax) throw new MapiError('MAPI_E_NOT_ENOUGH_MEMORY', `a block of ${size} bytes is too large`);
  return new Uint8Array(size);
}
