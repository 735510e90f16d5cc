/**
 * Reads every `rtf/*` of a corpus and compares with what others say of it.
 *
 * `npm run corpus -- DIR` gives the folder; without it the one test says so. A disagreement fails unless it is known
 * why.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'vitest';
import { compressRtf } from './compress-rtf.ts';
import { decompressRtf, readCompressedRtfHeader } from './decompress-rtf.ts';
import { encapsulateHtml } from './encapsulate-html.ts';
import { encapsulateText } from './encapsulate-text.ts';
import { readRtf } from './rtf-reader.ts';

const folder = process.env.NODEMAPI_CORPUS ?? '';
const samples = folder === '' ? '' : join(folder, 'rtf');

type Fact = readonly [name: string, expected: unknown, actual: unknown];

/** What is said of a file in `expected/rtf`. */
interface Expected {
  readonly comp_size_field?: number;
  readonly raw_size_field?: number;
  readonly crc_field?: string;
  readonly delimitry_compressed_rtf?: { readonly sha256: string };
  readonly kenjiuno_decompressrtf?: { readonly sha256: string };
  readonly decompressed?: { readonly sha256: string; readonly note?: string };
  readonly expected_html_utf8?: string;
  readonly expected_html?: string;
  readonly expected_deencapsulated?: string;
}

describe.skipIf(existsSync(samples))('corpus of RTF', () => {
  test.skip('no corpus: npm run corpus -- DIR', () => {});
});

describe.runIf(existsSync(samples))('corpus of RTF', () => {
  test('every file agrees with the facts of other readers, and with itself after a round trip', {
    timeout: 600_000,
  }, () => {
    const table: string[] = [];
    const counts = { files: 0, facts: 0, agreements: 0 };
    for (const name of readdirSync(samples)) {
      counts.files++;
      for (const [what, expected, actual] of factsOf(name)) {
        counts.facts++;
        if (expected === actual) counts.agreements++;
        else table.push([name, what, cut(expected), cut(actual), reasonOf(what, expected, actual)].join('\t'));
      }
    }
    const { files, facts, agreements } = counts;
    process.stdout.write(`rtf: ${files} files, ${facts} facts, ${agreements} agreements\n${table.join('\n')}\n`);
    assert.deepEqual(
      table.filter((line) => line.endsWith('?')),
      [],
    );
  });
});

function factsOf(name: string): readonly Fact[] {
  const bytes = new Uint8Array(readFileSync(join(samples, name)));
  const isCompressed = name.endsWith('.lzfu');
  const rtf = isCompressed ? decompressRtf(bytes).rtf : bytes;
  const facts: Fact[] = [...ownFacts(rtf)];
  for (const expected of expectedOf(name)) {
    if (isCompressed) facts.push(...compressedFacts(expected, bytes, rtf));
    facts.push(...bodyFacts(expected, rtf));
  }
  return facts;
}

function expectedOf(name: string): readonly Expected[] {
  const path = join(folder, 'expected/rtf');
  return readdirSync(path)
    .filter((each) => each.startsWith(`${name}--`))
    .map((each) => (JSON.parse(readFileSync(join(path, each), 'utf8')) as { facts: Expected }).facts);
}

/** What we write we read, whatever is in it. */
function ownFacts(rtf: Uint8Array): readonly Fact[] {
  const body = readRtf(rtf);
  const source = body.kind === 'html' ? body.html : body.text;
  const back = readRtf(body.kind === 'html' ? encapsulateHtml(source) : encapsulateText(source));
  return [
    ['compressed', sha256(rtf), sha256(decompressRtf(compressRtf(rtf), { strict: true }).rtf)],
    ['encapsulated', source.replace(/\r\n?|\n/g, '\r\n'), back.kind === 'html' ? back.html : back.text],
  ];
}

function compressedFacts(expected: Expected, bytes: Uint8Array, rtf: Uint8Array): readonly Fact[] {
  const { compSize, rawSize, crc } = readCompressedRtfHeader(bytes);
  const hash = sha256(rtf);
  const facts: Fact[] = [];
  if (expected.comp_size_field !== undefined) facts.push(['compressed size', expected.comp_size_field, compSize]);
  if (expected.raw_size_field !== undefined) facts.push(['raw size', expected.raw_size_field, rawSize]);
  if (expected.crc_field !== undefined) facts.push(['crc', expected.crc_field, crc.toString(16).padStart(8, '0')]);
  const { delimitry_compressed_rtf: one, kenjiuno_decompressrtf: other, decompressed } = expected;
  if (one !== undefined) facts.push(['decompressed by delimitry', one.sha256, hash]);
  if (other !== undefined) facts.push(['decompressed by kenjiuno', other.sha256, hash]);
  if (decompressed !== undefined) {
    const what = decompressed.note === undefined ? 'decompressed' : 'decompressed, perhaps with other line ends';
    facts.push([what, decompressed.sha256, hash]);
  }
  return facts;
}

function bodyFacts(expected: Expected, rtf: Uint8Array): readonly Fact[] {
  const body = readRtf(rtf);
  const facts: Fact[] = [];
  if (expected.expected_html !== undefined)
    facts.push(['html', lines(expected.expected_html), body.kind === 'html' && lines(body.html)]);
  if (expected.expected_html_utf8 !== undefined && body.kind !== 'html') {
    facts.push(['text of the html', words(textOf(expected.expected_html_utf8)), words(body.text)]);
  }
  if (expected.expected_deencapsulated !== undefined && body.kind !== 'html') {
    facts.push(['text', words(quotedPrintable(expected.expected_deencapsulated)), words(body.text)]);
  }
  return facts;
}

/** Why we are right and the others are not, or only differ; '?' if there is no reason yet. */
function reasonOf(what: string, expected: unknown, actual: unknown): string {
  if (what.endsWith('other line ends')) return 'the sample to compare with has lost its line ends';
  const bare = (value: unknown): string => String(value).replace(/\s/g, '');
  if (what === 'text' && bare(expected) === bare(actual)) return 'blanks at the ends of lines';
  return '?';
}

const lines = (text: string): string => text.replace(/\r\n?/g, '\n').trimEnd();
const words = (text: string): string => text.replace(/\s+/g, ' ').trim();
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

function textOf(html: string): string {
  const entities: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', nbsp: '\u00a0' };
  return html
    .replace(/<head[\s\S]*?<\/head>|<!--[\s\S]*?-->|<[^>]*>/gi, ' ')
    .replace(/&(\w+);/g, (all, name: string) => entities[name] ?? all);
}

/** In windows-1251, as that source has it. */
function quotedPrintable(text: string): string {
  const bytes = text
    .replace(/=\r?\n/g, '')
    .replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return new TextDecoder('windows-1251').decode(Buffer.from(bytes, 'latin1'));
}

function cut(value: unknown): string {
  return (JSON.stringify(value) ?? 'undefined').slice(0, 100);
}
