/** What a control word does to the reader. */
export type WordEffect =
  | { readonly kind: 'text'; readonly text: string; readonly html?: string }
  | { readonly kind: 'destination'; readonly destination: Destination };

/**
 * Where the text of a group goes.
 *
 * `number` is the text of a list item that readers without lists show; `alternative` has its text in Unicode in a group
 * inside it; `fonts` is the font table; `skipped` is nowhere.
 */
export type Destination = 'body' | 'htmlTag' | 'fonts' | 'number' | 'alternative' | 'skipped';

const character = (text: string, html?: string): WordEffect =>
  html === undefined ? { kind: 'text', text } : { kind: 'text', text, html };
const destination = (name: Destination): WordEffect => ({ kind: 'destination', destination: name });

const LINE_END = character('\r\n');
const TAB = character('\t');
const SKIPPED = destination('skipped');

/** Destinations whose text is no part of the body although readers that do not know them show it. */
const SKIPPED_DESTINATIONS = [
  'annotation',
  'atnauthor',
  'atndate',
  'atnid',
  'author',
  'buptim',
  'category',
  'colortbl',
  'comment',
  'company',
  'creatim',
  'datafield',
  'doccomm',
  'docvar',
  'falt',
  'ffdeftext',
  'ffentrymcr',
  'ffexitmcr',
  'ffformat',
  'ffhelptext',
  'ffl',
  'ffname',
  'ffstattext',
  'filetbl',
  'fldinst',
  'fontemb',
  'fontfile',
  'footer',
  'footerf',
  'footerl',
  'footerr',
  'ftncn',
  'ftnsep',
  'ftnsepc',
  'generator',
  'header',
  'headerf',
  'headerl',
  'headerr',
  'hlinkbase',
  'info',
  'keycode',
  'keywords',
  'list',
  'listlevel',
  'listname',
  'listoverride',
  'listoverridetable',
  'leveltext',
  'levelnumbers',
  'listtable',
  'manager',
  'mhtmltag',
  'nonshppict',
  'objclass',
  'objdata',
  'objname',
  'operator',
  'pict',
  'printim',
  'private',
  'revtbl',
  'revtim',
  'rsidtbl',
  'rxe',
  'stylesheet',
  'subject',
  'tc',
  'template',
  'title',
  'txe',
  'xe',
] as const;

/**
 * Control words that stand for text or begin a destination.
 *
 * `html` is what [MS-OXRTFEX] 2.2.3.2 puts into HTML outside of tags.
 */
export const WORDS: ReadonlyMap<string, WordEffect> = new Map<string, WordEffect>([
  ...SKIPPED_DESTINATIONS.map((word): [string, WordEffect] => [word, SKIPPED]),
  ['fonttbl', destination('fonts')],
  ['htmltag', destination('htmlTag')],
  ['listtext', destination('number')],
  ['pntext', destination('number')],
  ['upr', destination('alternative')],
  ['par', LINE_END],
  ['line', LINE_END],
  ['lbr', LINE_END],
  ['sect', LINE_END],
  ['page', LINE_END],
  ['column', LINE_END],
  ['row', LINE_END],
  ['nestrow', LINE_END],
  ['tab', TAB],
  ['cell', TAB],
  ['nestcell', TAB],
  ['bullet', character('\u2022', '&bull;')],
  ['emdash', character('\u2014', '&mdash;')],
  ['endash', character('\u2013', '&ndash;')],
  ['emspace', character('\u2003', '&emsp;')],
  ['enspace', character('\u2002', '&ensp;')],
  ['qmspace', character('\u2005')],
  ['ldblquote', character('\u201c', '&ldquo;')],
  ['rdblquote', character('\u201d', '&rdquo;')],
  ['lquote', character('\u2018', '&lsquo;')],
  ['rquote', character('\u2019', '&rsquo;')],
  ['ltrmark', character('\u200e', '&lrm;')],
  ['rtlmark', character('\u200f', '&rlm;')],
  ['zwj', character('\u200d', '&zwj;')],
  ['zwnj', character('\u200c', '&zwnj;')],
  ['zwbo', character('\u200b')],
  ['zwnbo', character('\u2060')],
]);

/** Control symbols that stand for text, by their character. */
export const SYMBOLS: ReadonlyMap<number, { readonly text: string; readonly html?: string }> = new Map([
  [0x5c, { text: '\\' }],
  [0x7b, { text: '{' }],
  [0x7d, { text: '}' }],
  [0x7e, { text: '\u00a0', html: '&nbsp;' }],
  [0x5f, { text: '\u2011', html: '&shy;' }],
  [0x09, { text: '\t' }],
  [0x0a, { text: '\r\n' }],
  [0x0d, { text: '\r\n' }],
]);
