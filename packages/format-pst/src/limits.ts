/** Limits on what a file may claim; each count, length and depth read from a file is compared with one of these. */

/** Levels of a page B-tree: 8 levels of the smallest fan-out (2) hold less than any real file, of the usual one, all. */
export const pageTreeDepthMax = 8;
/** Levels of a B-tree on a heap. */
export const heapTreeDepthMax = 8;
/** Records of one B-tree on a heap: properties of an object, or rows of a table. */
export const heapTreeRecordsMax = 16 * 1024 * 1024;
/** Folders within folders. */
export const folderDepthMax = 256;
/** Messages within messages. */
export const embeddedDepthMax = 50;
/** Values larger than this are not read whole unless asked for as a stream. */
export const valueBytesMax = 16 * 1024 * 1024;
/** Diagnostics that are kept; the rest are counted. */
export const diagnosticsMax = 10_000;
/** Bytes of the file that are kept in memory. */
export const fileCacheBytesMax = 16 * 1024 * 1024;
/** Decoded pages of the two B-trees that are kept in memory. */
export const pageCacheItemsMax = 4096;
/** Bytes of several blocks that are handed on as one piece. */
export const runBytesMax = 64 * 1024;
/** Blocks of one heap that are kept in memory. */
export const heapCacheBlocksMax = 256;
/** Names of a store: identifiers from 0x8000 to 0xFFFE. */
export const namedPropertiesMax = 0x7fff;
/** Times its own length that a file may be read in one walk, besides `readBytesFree`. */
export const readFactorMax = 32;
/** Bytes that may be read from a file of any length in one walk. */
export const readBytesFree = 256 * 1024 * 1024;
