/**
 * Dumps every `msg/*` of a corpus and compares with what independent tools say of it.
 *
 * `npm run corpus -- DIR` gives the folder; without it the one test says so. The table of disagreements goes to the
 * test's output; each kind that is known carries its reason, any other fails.
 */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { concatBytes, MapiError, memoryRandomAccess } from '@nodemapi/base';
import { describe, test } from 'vitest';
import { openDumpFile } from './dump-file.ts';
import { type DumpMessage, dumpMessage } from './dump-message.ts';
import { exportMsg, openMsgMessage } from './msg.ts';

const folder = process.env.NODEMAPI_CORPUS ?? '';
const samples = folder === '' ? '' : join(folder, 'msg');

/** What `olefile-direct` says of a message. */
interface Facts {
  readonly message_class?: string;
  readonly subject?: string;
  readonly sender_name?: string;
  readonly sender_email?: string;
  readonly sender_addrtype?: string;
  readonly string_kind?: string;
  readonly client_submit_time?: string;
  readonly delivery_time?: string;
  readonly internet_message_id?: string;
  readonly importance?: number;
  readonly recipient_count: number;
  readonly attachment_count: number;
  readonly body?: { readonly chars: number };
  readonly recipients?: readonly { type?: number; name?: string; addrtype?: string; email?: string }[];
  readonly attachments?: readonly AttachmentFacts[];
}

interface AttachmentFacts {
  readonly method?: number;
  readonly long_filename?: string;
  readonly size?: number;
  readonly sha256?: string;
  readonly embedded?: Facts;
}

const KINDS = ['orig', 'to', 'cc', 'bcc'];

type Fact = readonly [name: string, expected: unknown, actual: unknown];

describe.skipIf(existsSync(samples))('corpus of .msg files', () => {
  test.skip('no corpus: npm run corpus -- DIR', () => {});
});

describe.runIf(existsSync(samples))('corpus of .msg files', () => {
  test('every file agrees with the facts of other readers', { timeout: 600_000 }, async () => {
    const table: string[] = [];
    const counts = { files: 0, facts: 0, agreements: 0 };
    for (const name of readdirSync(samples)) {
      counts.files++;
      const { facts, damaged } = await factsOf(name);
      for (const [what, expected, actual] of facts) {
        counts.facts++;
        if (JSON.stringify(expected) === JSON.stringify(actual)) counts.agreements++;
        else table.push([name, what, cut(expected), cut(actual), reasonOf(what, expected, actual, damaged)].join('\t'));
      }
    }
    const { files, facts, agreements } = counts;
    process.stdout.write(`msg: ${files} files, ${facts} facts, ${agreements} agreements\n${table.join('\n')}\n`);
    assert.deepEqual(
      table.filter((line) => line.endsWith('?')),
      [],
    );
  });

  test('a file that is written from a file has equal properties', { timeout: 600_000 }, async () => {
    let files = 0;
    for (const name of readdirSync(samples)) {
      const [before, after] = await bothDumps(name);
      assert.deepEqual(kept(after), kept(before), name);
      files++;
    }
    process.stdout.write(`msg: ${files} files written again\n`);
  });
});

/** What a file has, and what a file has that is written from it. */
async function bothDumps(name: string): Promise<readonly [DumpMessage, DumpMessage]> {
  const { message } = await openMsgMessage(memoryRandomAccess(readFileSync(join(samples, name))));
  await using opened = message;
  const { chunks, problems } = await exportMsg(opened);
  assert.deepEqual(
    problems.filter(({ code }) => code !== 'MAPI_E_UNEXPECTED_ID'),
    [],
  );
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(Uint8Array.from(chunk));
  const again = await openMsgMessage(memoryRandomAccess(concatBytes(parts)));
  await using back = again.message;
  const pair = [await dumpMessage(opened), await dumpMessage(back)] as const;
  assert.deepEqual(again.diagnostics(), []);
  return pair;
}

/** What belongs to a store, or says how the file is written; and identifiers without a name, which mean nothing. */
const NOT_KEPT =
  /^(?:0x[89A-F].*|PR_(?:ENTRYID|INSTANCE_KEY|MAPPING_SIGNATURE|MDB_PROVIDER|PARENT_DISPLAY|PARENT_ENTRYID|RECORD_KEY|SENTMAIL_ENTRYID|STORE_ENTRYID|STORE_RECORD_KEY|STORE_SUPPORT_MASK|SUBMIT_FLAGS|MESSAGE_CODEPAGE))$/u;

/** As JSON, without what a file of ours does not keep. */
function kept(message: DumpMessage): unknown {
  const { entryId: _, diagnostics: __, props = {}, attachments, ...rest } = message;
  const names = Object.keys(props)
    .filter((name) => !NOT_KEPT.test(name))
    .sort();
  const inner = attachments.map(({ message: within, ...file }) => ({ ...file, within: within && kept(within) }));
  return { ...rest, props: names.map((name) => [name, props[name]]), attachments: inner };
}

async function dumpOf(name: string): Promise<DumpMessage | string> {
  try {
    const { file } = await openDumpFile(memoryRandomAccess(readFileSync(join(samples, name))), name);
    await using opened = file;
    for await (const each of opened.folders()) {
      for await (const message of each.messages()) {
        await using one = message;
        return await dumpMessage(one);
      }
    }
    return 'no message';
  } catch (error) {
    if (!MapiError.is(error)) throw error;
    return error.code;
  }
}

async function factsOf(name: string): Promise<{ readonly facts: readonly Fact[]; readonly damaged: boolean }> {
  const message = await dumpOf(name);
  const path = join(folder, 'facts/olefile-direct', `${name}.json`);
  const given = existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Given) : {};
  const damaged = given.strict_open_error !== undefined;
  const known = given.message;
  if (typeof message === 'string' || known === undefined) {
    return { facts: [['readable', known !== undefined, typeof message !== 'string']], damaged };
  }
  return { facts: [...compare(known, message, ''), ...consensus(name, message)], damaged };
}

interface Given {
  readonly message?: Facts;
  /** The reader had to be told to go on. */
  readonly strict_open_error?: string;
}

function compare(facts: Facts, message: DumpMessage, at: string): readonly Fact[] {
  const isAnsi = facts.string_kind !== 'unicode';
  // That reader takes 8-bit text for windows-1252, so only what is ASCII tells something.
  const text = (what: string, expected: string | undefined, actual: string): readonly Fact[] =>
    expected === undefined || (isAnsi && !isAscii(expected)) ? [] : [[at + what, expected, actual]];
  const found: Fact[] = [
    [`${at}recipients`, facts.recipient_count, message.recipients.length],
    [`${at}attachments`, facts.attachment_count, message.attachments.length],
    ...text('class', facts.message_class, message.messageClass),
    ...text('subject', facts.subject, message.subject),
  ];
  if (facts.sender_name !== undefined)
    found.push(...text('sender name', facts.sender_name, message.sender?.name ?? ''));
  if (facts.sender_email !== undefined)
    found.push(...text('sender address', facts.sender_email, message.sender?.address ?? ''));
  if (facts.sender_addrtype !== undefined)
    found.push(...text('sender type', facts.sender_addrtype, message.sender?.addrType ?? ''));
  const time = (what: string, expected: string | undefined, actual: string | null): void => {
    if (expected !== undefined) found.push([at + what, expected.slice(0, 19), (actual ?? '').slice(0, 19)]);
  };
  time('submit time', facts.client_submit_time, message.submitTime);
  time('delivery time', facts.delivery_time, message.deliveryTime);
  if (facts.internet_message_id !== undefined) {
    found.push([`${at}message id`, facts.internet_message_id, message.internetMessageId]);
  }
  if (facts.importance !== undefined) found.push([`${at}importance`, facts.importance, message.props?.PR_IMPORTANCE]);
  if (facts.body !== undefined && !isAnsi) {
    found.push([`${at}body characters`, facts.body.chars, [...(message.body?.text ?? '')].length]);
  }
  for (const [index, expected] of (facts.recipients ?? []).entries()) {
    const actual = message.recipients[index];
    if (expected.type !== undefined) found.push([`${at}recipient type`, KINDS[expected.type & 0xf], actual?.type]);
    found.push(...text('recipient name', expected.name, actual?.name ?? ''));
    found.push(...text('recipient address', expected.email, actual?.address ?? ''));
    found.push(...text('recipient type', expected.addrtype, actual?.addrType ?? ''));
  }
  for (const [index, expected] of (facts.attachments ?? []).entries()) {
    const actual = message.attachments[index];
    if (expected.method !== undefined) found.push([`${at}method`, expected.method, actual?.method]);
    if (expected.long_filename !== undefined)
      found.push(...text('file name', expected.long_filename, actual?.name ?? ''));
    if (expected.sha256 !== undefined) found.push([`${at}sha256`, expected.sha256, actual?.sha256]);
    if (expected.size !== undefined) found.push([`${at}size`, expected.size, actual?.size]);
    if (expected.embedded === undefined) continue;
    if (actual?.message === undefined) found.push([`${at}embedded`, true, false]);
    else found.push(...compare(expected.embedded, actual.message, `${at}embedded `));
  }
  return found;
}

function consensus(name: string, message: DumpMessage): readonly Fact[] {
  const path = join(folder, 'facts/consensus', `${name}.json`);
  if (!existsSync(path)) return [];
  const agreed = (JSON.parse(readFileSync(path, 'utf8')) as { agreed_by_2_or_more_tools: Record<string, Agreed> })
    .agreed_by_2_or_more_tools;
  const found: Fact[] = [];
  const { subject, attachment_sha256: hashes, sender_name: sender } = agreed;
  if (subject !== undefined) found.push(['consensus subject', subject.value, message.subject]);
  if (sender !== undefined) found.push(['consensus sender', sender.value, message.sender?.name]);
  if (hashes !== undefined) {
    const ours = message.attachments.flatMap(({ sha256 }) => sha256 ?? []).sort();
    found.push(['consensus sha256', [...(hashes.value as string[])].sort(), ours]);
  }
  return found;
}

interface Agreed {
  readonly value: unknown;
}

/** Why we are right and the others are not, or only differ; '?' if there is no reason yet. */
function reasonOf(what: string, expected: unknown, actual: unknown, damaged: boolean): string {
  if (what === 'readable' && actual === true)
    return 'the other reader gives the whole file up for one bad directory entry';
  if (damaged) return 'the file is damaged, and readers differ in what they take for lost';
  if (what.endsWith('sender type') && actual === '') return 'a type without name and address names nobody';
  if (typeof expected !== 'string' || typeof actual !== 'string') return '?';
  if (what.startsWith('consensus') && actual.trim() === expected) return 'the others cut blanks off';
  if (what.startsWith('consensus') && !isAscii(actual)) return 'the others do not know the code page of the message';
  return '?';
}

function isAscii(text: string): boolean {
  return /^[\t\n\r\x20-\x7e]*$/u.test(text);
}

function cut(value: unknown): string {
  return (JSON.stringify(value) ?? 'undefined').slice(0, 90);
}
