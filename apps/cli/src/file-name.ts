/** File names of exported messages and folders. */

/** Characters of a title that go into a file name. */
const titleCharsMax = 60;

/** A title as a part of a file name: nothing that leaves the folder, nothing that a file system refuses. */
export function safeFileName(title: string, otherwise: string): string {
  const words = title
    .normalize('NFC')
    .replaceAll(/[^\p{L}\p{M}\p{N} _.-]/gu, '_')
    .replaceAll(/\.{2,}/gu, '_')
    .replaceAll(/\s+/gu, ' ')
    .trim()
    .replace(/^[.-]+/u, '');
  const short = [...words]
    .slice(0, titleCharsMax)
    .join('')
    .replace(/[. ]+$/u, '');
  return short === '' ? otherwise : short;
}
