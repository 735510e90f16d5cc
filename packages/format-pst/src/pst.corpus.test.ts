/**
 * Reads every file of `pst/` of a corpus and compares with what independent tools say of it.
 *
 * `npm run corpus -- DIR` gives the folder; without it the one test says so. A fact is a value on which two or more
 * tools agree (`facts/consensus`), and the folder counts of one tool. The table goes to the test's output; each
 * disagreement that is understood carries its reason, any other fails.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { nodeFileSystem } from '@nodemapi/base';
import { PR_MESSAGE_DELIVERY_TIME, PR_SUBJECT } from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { isPstDamage, PstFile } from './pst-file.ts';
import type { PstMessage } from './pst-message.ts';

const corpus = process.env.NODEMAPI_CORPUS ?? '';
const samples = corpus === '' ? '' : join(corpus, 'pst');

/** What is compared; lists are sorted. */
interface Facts {
  items: number;
  attach_top: number;
  embedded: number;
  recipients: number;
  subjects: string[];
  delivery: string[];
  attach_sha: string[];
  folder_item_counts: Record<string, number>;
}

type FactName = keyof Facts;
const FACT_NAMES = [
  'items',
  'attach_top',
  'embedded',
  'recipients',
  'subjects',
  'delivery',
  'attach_sha',
  'folder_item_counts',
] as const satisfies readonly FactName[];

/** Files of which nothing but the beginning is there, or whose header lies: what they hold is not a fact of the tools. */
const WITHOUT_TREES: Readonly<Record<string, string>> = {
  'aspose-net__AddingBulkMessagesWithImprovedPerformance.pst': 'its header is older than its pages',
  'libpff__file_header.1.pst': 'it is 512 bytes of a larger file',
};

/** Why we differ from a fact, decided from the bytes. */
const REASONS: Readonly<Record<string, string>> = {
  'pstsdk__test_unicode.pst items': 'it holds two of IPM.Post, which the tools that say 0 leave out',
};

describe.skipIf(existsSync(samples))('corpus', () => {
  test.skip('no corpus: npm run corpus -- DIR', () => {});
});

describe.runIf(existsSync(samples))('corpus', () => {
  test('every PST and OST file agrees with the facts that tools agree on', { timeout: 600_000 }, async () => {
    const tables = new Map<string, { files: number; facts: number; agreed: number }>();
    const disagreements: string[] = [];
    for (const name of readdirSync(samples)) {
      const read = await factsOf(join(samples, name));
      const row = tables.get(read.format) ?? { files: 0, facts: 0, agreed: 0 };
      tables.set(read.format, row);
      row.files += 1;
      for (const [fact, expected] of agreedFacts(name)) {
        row.facts += 1;
        const actual = comparable(fact, read.facts);
        if (actual === comparable(fact, { ...read.facts, [fact]: expected })) row.agreed += 1;
        else
          disagreements.push(`${name}\t${fact}\t${REASONS[`${name} ${fact}`] ?? `? ${difference(actual, expected)}`}`);
      }
      const unsound = read.problems.length > 0 && !(name in WITHOUT_TREES);
      if (unsound) disagreements.push(`${name}\tdiagnostics\t? ${read.problems.slice(0, 3).join('; ')}`);
      else if (name in WITHOUT_TREES) disagreements.push(`${name}\tdiagnostics\t${WITHOUT_TREES[name]}`);
    }
    const lines = [...tables].map(([format, { files, facts, agreed }]) => [format, files, facts, agreed].join('\t'));
    process.stdout.write(`format\tfiles\tfacts\tagreements\n${lines.sort().join('\n')}\n${disagreements.join('\n')}\n`);
    assert.deepEqual(
      disagreements.filter((line) => line.includes('\t?')),
      [],
    );
  });
});

function agreedFacts(name: string): readonly (readonly [FactName, unknown])[] {
  const path = join(corpus, 'facts/consensus', `${name}.json`);
  if (!existsSync(path)) return [];
  const agreed: Record<string, unknown> = JSON.parse(readFileSync(path, 'utf8')).agreed_by_2_or_more_tools;
  return FACT_NAMES.flatMap((fact): readonly (readonly [FactName, unknown])[] => {
    const entry = agreed[fact];
    if (typeof entry !== 'object' || entry === null) return [];
    const value: unknown = 'value' in entry ? entry.value : Object.values(entry)[0];
    return value === undefined ? [] : [[fact, value]];
  });
}

/** Lists compare without their order, texts with single blanks: the facts were written down so. */
function comparable(fact: FactName, facts: { readonly [F in FactName]?: unknown }): string {
  const value = facts[fact];
  if (Array.isArray(value))
    return JSON.stringify(value.map((each) => String(each).replaceAll(/\s+/g, ' ').trim()).sort());
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return JSON.stringify(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function difference(actual: string, expected: unknown): string {
  const wanted = JSON.stringify(expected);
  return `${actual.length < 300 ? actual : `${actual.slice(0, 300)}…`} instead of ${wanted.slice(0, 300)}`;
}

async function factsOf(path: string): Promise<{ format: string; facts: Facts; problems: readonly string[] }> {
  await using source = await nodeFileSystem.openRead(path);
  const file = await PstFile.open(source);
  const facts: Facts = {
    items: 0,
    attach_top: 0,
    embedded: 0,
    recipients: 0,
    subjects: [],
    delivery: [],
    attach_sha: [],
    folder_item_counts: {},
  };
  for await (const { folder, path: names } of file.folders()) {
    if (folder.isSearch) continue;
    let items = 0;
    for await (const message of folder.messages()) {
      items += 1;
      await addMessage(message, facts);
    }
    for await (const message of folder.messages('associated')) await message.values();
    facts.items += items;
    if (items > 0) facts.folder_item_counts[names.join('/')] = items;
  }
  const problems = file.diagnostics.map(({ code, message }) => `${code}: ${message}`);
  return { format: `${file.kind} ${file.version}`, facts, problems };
}

async function addMessage(message: PstMessage, facts: Facts): Promise<void> {
  await message.values();
  facts.subjects.push((await message.value(PR_SUBJECT)) ?? '');
  const delivered = await message.value(PR_MESSAGE_DELIVERY_TIME);
  if (delivered !== undefined) facts.delivery.push(secondOf(delivered));
  for await (const _row of message.recipients()) facts.recipients += 1;
  for await (const attachment of message.attachments()) {
    facts.attach_top += 1;
    await attachment.values();
    if ((await attachment.embedded()) !== undefined) facts.embedded += 1;
    else facts.attach_sha.push(await hashOf(attachment.data()));
  }
}

async function hashOf(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of chunks) hash.update(chunk);
  } catch (error) {
    if (!isPstDamage(error)) throw error;
    return 'damaged';
  }
  return hash.digest('hex');
}

function secondOf(time: bigint): string {
  return new Date(Number(time / 10_000n) - 11_644_473_600_000).toISOString().slice(0, 19);
}
