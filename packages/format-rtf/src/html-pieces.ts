/** A part of an HTML text; the `source` of all parts in order is the text. */
export type HtmlPiece =
  | { readonly kind: 'text' | 'reference' | 'comment' | 'raw'; readonly source: string }
  /** `name` in lower case. */
  | { readonly kind: 'tag'; readonly source: string; readonly name: string; readonly closes: boolean };

/** Elements whose content has no tags. */
const RAW_ELEMENTS: ReadonlySet<string> = new Set(['style', 'script', 'xmp', 'textarea']);
const TAG = /^<(\/?)([a-zA-Z][^\s/>]*)/;
const REFERENCE = /&(?:#\d{1,8}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});/y;
/** Characters of a tag that are looked at for its name. */
const nameLengthMax = 64;

/** Cuts HTML into tags, comments, raw content, references and text, in time linear in its length. */
export function* htmlPieces(html: string): Generator<HtmlPiece> {
  let at = 0;
  while (at < html.length) {
    const tagAt = html.indexOf('<', at);
    const textEnd = tagAt < 0 ? html.length : tagAt;
    if (textEnd > at) yield* textPieces(html.slice(at, textEnd));
    at = textEnd;
    if (at >= html.length) return;
    const piece = pieceAt(html, at);
    if (piece === undefined) {
      yield { kind: 'text', source: '<' };
      at += 1;
      continue;
    }
    yield piece;
    at += piece.source.length;
    if (piece.kind !== 'tag' || piece.closes || !RAW_ELEMENTS.has(piece.name)) continue;
    const end = rawEnd(html, at, piece.name);
    if (end > at) yield { kind: 'raw', source: html.slice(at, end) };
    at = end;
  }
}

/** The tag, comment or declaration at a `<`; undefined if it is just that character. */
function pieceAt(html: string, at: number): HtmlPiece | undefined {
  const next = html[at + 1] ?? '';
  if (next === '!' || next === '?') {
    const isComment = html.startsWith('<!--', at);
    const end = isComment ? html.indexOf('-->', at + 4) : html.indexOf('>', at);
    if (end < 0) return { kind: 'comment', source: html.slice(at) };
    return { kind: 'comment', source: html.slice(at, end + (isComment ? 3 : 1)) };
  }
  const match = TAG.exec(html.slice(at, at + nameLengthMax));
  if (match === null) return undefined;
  const end = tagEnd(html, at + match[0].length);
  return {
    kind: 'tag',
    source: html.slice(at, end),
    name: (match[2] ?? '').toLowerCase(),
    closes: match[1] === '/',
  };
}

/** Behind the `>` that ends a tag; one between quotes does not. */
function tagEnd(html: string, from: number): number {
  let quote = '';
  for (let at = from; at < html.length; at++) {
    const character = html[at] ?? '';
    if (quote !== '') {
      if (character === quote) quote = '';
    } else if (character === '"' || character === "'") quote = character;
    else if (character === '>') return at + 1;
  }
  return html.length;
}

/** Where `</name` stands, or the end. */
function rawEnd(html: string, from: number, name: string): number {
  for (let at = html.indexOf('</', from); at >= 0; at = html.indexOf('</', at + 2)) {
    if (html.slice(at + 2, at + 2 + name.length).toLowerCase() === name) return at;
  }
  return html.length;
}

/** Only the text itself is searched: looking on to the end of the document each time would be slow in long ones. */
function* textPieces(text: string): Generator<HtmlPiece> {
  let textFrom = 0;
  for (let at = text.indexOf('&'); at >= 0; at = text.indexOf('&', at)) {
    REFERENCE.lastIndex = at;
    const source = REFERENCE.exec(text)?.[0];
    if (source === undefined) {
      at += 1;
      continue;
    }
    if (at > textFrom) yield { kind: 'text', source: text.slice(textFrom, at) };
    yield { kind: 'reference', source };
    at += source.length;
    textFrom = at;
  }
  if (textFrom < text.length) yield { kind: 'text', source: text.slice(textFrom) };
}
