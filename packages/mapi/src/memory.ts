/**
 * Buffers: the tracked values that stand for MAPI's allocations.
 *
 * spec: mapiallocatebuffer, mapiallocatemore, mapifreebuffer
 */

/** A block from `MAPIAllocateBuffer` or `MAPIAllocateMore`; it is a byte array that knows whether it was freed. */
export type MapiBuffer = Uint8Array;

/** What a provider gets by `IMAPISupport.getMemAllocRoutines`. */
export interface BufferAllocator {
  /** A new root block of `size` bytes, zeroed. @throws MAPI_E_NOT_ENOUGH_MEMORY */
  allocateBuffer(size: number): MapiBuffer;
  /** A block that is freed together with `root`. @throws MAPI_E_INVALID_PARAMETER if `root` is not an open root block */
  allocateMore(size: number, root: MapiBuffer): MapiBuffer;
  /** Frees a root and all its blocks; null, freed or foreign memory is left alone. */
  freeBuffer(buffer: MapiBuffer | null): void;
}
