/**
 * Dumps every `tnef/*` of a corpus and compares with what independent tools say of it.
 *
 * `npm run corpus -- DIR` gives the folder; without it the one test says so. A disagreement fails unless it is known
 * why.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MapiError, memoryRandomAccess } from '@nodemapi/base';
import { decompressRtf } from '@nodemapi/format-rtf';
import { readTnef, tnefProp, writeTnef } from '@nodemapi/format-tnef';
import { PR_RTF_COMPRESSED } from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { openDumpFile } from './dump-file.ts';
import { type DumpMessage, dumpMessage } from './dump-message.ts';

const folder = process.env.NODEMAPI_CORPUS ?? '';
const samples = folder === '' ? '' : join(folder, 'tnef');

interface FileFacts {
  readonly name?: string;
  readonly fileName?: string;
  readonly size?: number;
  readonly sha256?: string;
}

interface ToolFacts {
  readonly exit?: number;
  readonly files?: readonly FileFacts[];
  readonly attachments?: readonly FileFacts[];
  readonly key?: number;
  readonly error?: string;
  readonly output?: readonly string[];
}

type Fact = readonly [name: string, expected: string, actual: string];

/** What was read of one file. */
interface Read {
  readonly message: DumpMessage;
  readonly key: number;
  readonly damaged: boolean;
  /** Short hashes of everything that other tools write to files: attachments at any depth, and the RTF. */
  readonly hashes: ReadonlySet<string>;
}

describe.skipIf(existsSync(samples))('corpus of TNEF', () => {
  test.skip('no corpus: npm run corpus -- DIR', () => {});
});

describe.runIf(existsSync(samples))('corpus of TNEF', () => {
  test('every file agrees with the facts of other readers, and with itself after a round trip', {
    timeout: 600_000,
  }, async () => {
    const table: string[] = [];
    const counts = { files: 0, facts: 0, agreements: 0 };
    for (const name of readdirSync(samples)) {
      counts.files++;
      const read = await readOf(name);
      for (const [what, expected, actual] of factsOf(name, read)) {
        counts.facts++;
        if (expected === actual) counts.agreements++;
        else table.push([name, what, cut(expected), cut(actual), reasonOf(what, expected, name, read)].join('\t'));
      }
    }
    const { files, facts, agreements } = counts;
    process.stdout.write(`tnef: ${files} files, ${facts} facts, ${agreements} agreements\n${table.join('\n')}\n`);
    assert.deepEqual(
      table.filter((line) => line.endsWith('?')),
      [],
    );
  });
});

/** Undefined for what is no TNEF stream. */
async function readOf(name: string): Promise<Read | undefined> {
  const bytes = new Uint8Array(readFileSync(join(samples, name)));
  try {
    const { file } = await openDumpFile(memoryRandomAccess(bytes), name);
    await using opened = file;
    for await (const each of opened.folders()) {
      for await (const one of each.messages()) {
        await using held = one;
        const message = await dumpMessage(held);
        const content = readTnef(bytes);
        assert.deepEqual(readTnef(writeTnef(content), { strict: true }).attachments.length, content.attachments.length);
        const rtf = tnefProp(content.props, PR_RTF_COMPRESSED);
        const hashes = new Set(hashesOf(message));
        if (rtf !== undefined) hashes.add(short(createHash('sha256').update(decompressRtf(rtf).rtf).digest('hex')));
        return { message, key: content.key, damaged: opened.diagnostics().length > 0, hashes };
      }
    }
  } catch (error) {
    if (!MapiError.is(error, 'MAPI_E_CORRUPT_DATA')) throw error;
  }
  return undefined;
}

function hashesOf(message: DumpMessage): readonly string[] {
  return message.attachments.flatMap((each) => [
    ...(each.sha256 === null ? [] : [short(each.sha256)]),
    ...(each.message === undefined ? [] : hashesOf(each.message)),
  ]);
}

function factsOf(name: string, read: Read | undefined): readonly Fact[] {
  const tools = ['tnef', 'ytnef', 'tnefparse'].map((tool) => [tool, factsFile(tool, name)] as const);
  const readable = tools.filter(
    ([, facts]) => facts !== undefined && (facts.exit ?? 0) === 0 && facts.error === undefined,
  );
  const isRead = readable.some(([, facts]) => !(facts?.output ?? []).some((line) => line.includes('Not TNEF')));
  const found: Fact[] = [['readable', String(isRead), String(read !== undefined)]];
  if (read === undefined) return found;
  for (const [tool, facts] of readable) {
    if (facts?.key !== undefined) found.push([`key (${tool})`, String(facts.key), String(read.key)]);
    for (const file of [...(facts?.files ?? []), ...(facts?.attachments ?? [])]) {
      if (file.sha256 !== undefined) found.push(hashFact(`content (${tool})`, file, read));
    }
  }
  for (const [source, files] of expectedFiles(name)) {
    for (const file of files) {
      if (file.sha256 !== undefined) found.push(hashFact(`content (${source})`, file, read));
      const fileName = file.name ?? file.fileName;
      if (fileName !== undefined && file.sha256 === undefined)
        found.push([`name (${source})`, fileName, nameLike(fileName, read)]);
    }
  }
  return found;
}

function hashFact(what: string, file: FileFacts, read: Read): Fact {
  const expected = short(file.sha256 ?? '');
  return [
    what,
    `${expected} ${file.name ?? ''}`,
    read.hashes.has(expected) ? `${expected} ${file.name ?? ''}` : 'none',
  ];
}

function nameLike(name: string, { message }: Read): string {
  return message.attachments.some((each) => each.name === name)
    ? name
    : message.attachments.map((each) => each.name).join();
}

function factsFile(tool: string, name: string): ToolFacts | undefined {
  const path = join(folder, 'facts', tool, `${name}.json`);
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as ToolFacts) : undefined;
}

function expectedFiles(name: string): readonly (readonly [string, readonly FileFacts[]])[] {
  const path = join(folder, 'expected/tnef');
  return readdirSync(path)
    .filter((each) => each.startsWith(`${name}--`))
    .map((each) => {
      const { facts } = JSON.parse(readFileSync(join(path, each), 'utf8')) as {
        facts: {
          files?: readonly FileFacts[];
          extracted_files?: readonly FileFacts[];
          attachments?: readonly FileFacts[];
        };
      };
      const source = each.slice(name.length + 2, -'.json'.length);
      return [
        source,
        [...(facts.files ?? []), ...(facts.extracted_files ?? []), ...(facts.attachments ?? [])],
      ] as const;
    });
}

/** Why we are right and the others are not, or only differ; '?' if there is no reason yet. */
function reasonOf(what: string, expected: string, sample: string, read: Read | undefined): string {
  const name = expected.slice(expected.indexOf(' ') + 1);
  if (/\.(?:ics|vcf)$/i.test(name)) return 'it makes a calendar part or a card of the properties';
  if (/^(?:message\.(?:rtf|html|txt)|.*-body\.rtf|.*body\.html)$/.test(name))
    return 'it writes the body to a file, with other line ends or a code page of its own';
  const { message, damaged } = read ?? {};
  if (message?.attachments.some((each) => each.message !== undefined))
    return 'an attached message is read, not kept as bytes';
  if (damaged === true) return 'the stream is damaged, and readers differ in what they take for lost';
  if (/MimeKit/.test(what)) return 'the texts of that source lost their line ends';
  if (read !== undefined && isReadByOthers(expected, sample, read)) return 'the other readers read what we read';
  return '?';
}

/** Whether another tool wrote the same bytes as we read to a file of the same name, or of the same size. */
function isReadByOthers(expected: string, sample: string, { hashes }: Read): boolean {
  const files = ['tnef', 'ytnef', 'tnefparse'].flatMap((tool) => {
    const facts = factsFile(tool, sample);
    return [...(facts?.files ?? []), ...(facts?.attachments ?? [])];
  });
  const other = files.find(({ name = '', sha256 = '' }) => expected === `${short(sha256)} ${name}`);
  return files.some(
    ({ name, size, sha256 = '' }) => hashes.has(short(sha256)) && (name === other?.name || size === other?.size),
  );
}

const short = (hash: string): string => hash.slice(0, 12);

function cut(value: string): string {
  return value.slice(0, 80);
}
