/** Wraps a text so that its paragraphs can be told again. spec: message-text */

/**
 * Lines of at most `columns` characters, by the conventions of the uuencode mode: a line that ends in no blank ends a
 * paragraph, one that ends in one blank was broken between words, and one that ends in two within a word.
 *
 * Blanks before the end of a paragraph are dropped. Lines end in CRLF.
 *
 * @param columns characters of a line, at least 4
 */
export function wrapText(text: string, columns: number): string {
  return text
    .split(/\r\n|\r|\n/)
    .map((paragraph) => wrapParagraph(paragraph.replace(/[ \t]+$/, ''), columns))
    .join('\r\n');
}

function wrapParagraph(paragraph: string, columns: number): string {
  const lines: string[] = [];
  let rest = paragraph;
  while (rest.length > columns) {
    const blank = rest.lastIndexOf(' ', columns - 1);
    const isWord = blank <= 0 || rest.slice(0, blank).trim() === '';
    const end = isWord ? wholeCharacters(rest, columns - 2) : blank;
    lines.push(rest.slice(0, end).trimEnd() + (isWord ? '  ' : ' '));
    rest = isWord ? rest.slice(end) : rest.slice(end + 1);
  }
  lines.push(rest);
  return lines.join('\r\n');
}

/** No character of two code units is cut. */
function wholeCharacters(text: string, end: number): number {
  const code = text.charCodeAt(end - 1);
  return code >= 0xd800 && code < 0xdc00 ? end - 1 : end;
}

/**
 * The text that `wrapText` wrapped.
 *
 * @see spec: message-text
 */
export function unwrapText(text: string): string {
  return text.replaceAll(/( {1,2})\r?\n/g, (_, blanks: string) => (blanks === ' ' ? ' ' : ''));
}
