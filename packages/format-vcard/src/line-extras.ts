/**
 * What a line of a card says besides its value: words that no property has, such as the other TYPEs of a telephone, the language of
 * a name, or the label that a person made up.
 *
 * - It is kept as the line itself under another name, and found again by what the line is read as: who changes a number loses
 *   the label of the old one, and no other.
 * - What cannot be found again is told.
 */
import { type ContactKey, IM_NAMES } from './contact-fields.ts';
import { type Contact, readContact } from './contact-reader.ts';
import { contactLines } from './contact-writer.ts';
import { typesOf, type VCard, type VCardLine, type VCardVersion } from './vcard-line.ts';

/** Before the name of a line whose value a property has. */
const PREFIX = 'X-NODEMAPI-';
/** Lines of one card that are looked at: each costs a reading. */
const EXTRAS_MAX = 200;
/** Words of TYPE that say no more than the line does without them. */
const IDLE_TYPES: ReadonlySet<string> = new Set(['', 'internet', 'msg', 'n', 'pref', 'voice']);
/** Parameters that say how a value is written, or that are read with it. */
const IDLE_PARAMETERS: ReadonlySet<string> = new Set(['CHARSET', 'ENCODING', 'LABEL', 'TYPE', 'VALUE']);
/** Their parameters name what kind of bytes they are, which the bytes do. */
const OF_BYTES: ReadonlySet<string> = new Set(['KEY', 'PHOTO', 'X-MS-CARDPICTURE']);

export interface LineExtras {
  /** To be kept beside the lines that have no place. */
  readonly kept: readonly VCardLine[];
  /** What is left out, for a person. */
  readonly problems: readonly string[];
}

/** What is to be kept of the lines that became properties of `contact`. */
export function extrasOf(contact: Contact, version: VCardVersion): LineExtras {
  const problems = new Set<string>();
  const kept: VCardLine[] = [];
  const own = new OwnLines(contactLines({ ...contact, photo: undefined, version: '3.0' }).lines, '3.0');
  const labelled = new Map(contact.labels.map((line) => [line.group, line] as const));
  let looked = 0;
  for (const line of contact.taken) {
    const label = line.group === undefined ? undefined : labelled.get(line.group);
    if (label === undefined && !saysMore(line)) continue;
    const mine = ++looked > EXTRAS_MAX ? undefined : own.take(line, version);
    const words = mine === undefined ? wordsOf(line, undefined) : wordsOf(line, mine);
    if (mine === undefined) for (const each of words) problems.add(`${each} of ${line.name} is left out`);
    else if (words.length > 0 || label !== undefined || IM_NAMES.has(line.name))
      kept.push({ ...line, name: `${PREFIX}${line.name}` });
    if (mine === undefined && label !== undefined)
      problems.add(`the label ${JSON.stringify(label.value.slice(0, 60))} of ${line.name} is left out`);
    else if (label !== undefined) kept.push(label);
    if (label !== undefined) labelled.delete(line.group);
  }
  return { kept, problems: [...problems].slice(0, EXTRAS_MAX) };
}

/** The lines of a contact with what was kept of them, and after them all else that was kept. */
export function withExtras(
  lines: readonly VCardLine[],
  kept: readonly VCardLine[],
  version: '3.0' | '4.0',
): readonly VCardLine[] {
  const own = new OwnLines(lines, version);
  const changed = new Map<VCardLine, VCardLine>();
  const beside: VCardLine[] = [];
  const lost = new Set<string>();
  for (const each of kept) {
    if (!each.name.startsWith(PREFIX)) continue;
    const extra = { ...each, name: each.name.slice(PREFIX.length) };
    const mine = own.take(extra, version);
    if (mine === undefined) {
      if (extra.group !== undefined) lost.add(extra.group);
    } else if (isOtherMessenger(extra, mine)) beside.push(extra);
    else changed.set(mine, merged(mine, extra));
  }
  const others = kept.filter(({ name, group }) => {
    if (name.startsWith(PREFIX)) return false;
    return name !== 'X-ABLABEL' || group === undefined || !lost.has(group);
  });
  return [...lines.map((line) => changed.get(line) ?? line), ...beside, ...others];
}

/** Our lines by what they are read as; each is found once. */
class OwnLines {
  readonly #lines = new Map<string, VCardLine[]>();

  constructor(lines: readonly VCardLine[], version: VCardVersion) {
    for (const line of lines) {
      if (OF_BYTES.has(line.name)) continue;
      const key = meaningOf(line, version);
      const same = this.#lines.get(key);
      if (same === undefined) this.#lines.set(key, [line]);
      else same.push(line);
    }
  }

  take(line: VCardLine, version: VCardVersion): VCardLine | undefined {
    return this.#lines.get(meaningOf(line, version))?.shift();
  }
}

/** The properties that the line makes by itself, wherever it stands in the order of preference. */
function meaningOf(line: VCardLine, version: VCardVersion): string {
  const isOrdered = line.name === 'ADR' || line.name === 'EMAIL';
  const parameters = new Map([...line.parameters].filter(([key]) => key !== 'LABEL' && !(isOrdered && key === 'PREF')));
  if (isOrdered)
    parameters.set(
      'TYPE',
      [...typesOf(line)].filter((type) => type !== 'pref'),
    );
  const card: VCard = { version, lines: [{ ...line, group: undefined, parameters }] };
  return JSON.stringify([...readContact(card).values].map(([key, value]) => [nameOf(key), shown(value)]));
}

function nameOf(key: ContactKey): unknown {
  return typeof key === 'number' ? key : [key.guid, key.id ?? key.name];
}

function shown(value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  return value instanceof Uint8Array ? value.length : value;
}

function saysMore(line: VCardLine): boolean {
  if (OF_BYTES.has(line.name)) return false;
  return wordsOf(line, undefined).length > 0 || isOtherMessenger(line, undefined);
}

/** What a line says that `mine` does not, for a person. */
function wordsOf(line: VCardLine, mine: VCardLine | undefined): readonly string[] {
  const known = mine === undefined ? new Set<string>() : typesOf(mine);
  const types = [...typesOf(line)].filter((type) => !IDLE_TYPES.has(type) && !known.has(type));
  const others = [...line.parameters].filter(
    ([key, [value]]) => !IDLE_PARAMETERS.has(key) && !(key === 'PREF' && value === '1'),
  );
  return [
    ...types.map((type) => `TYPE=${type.slice(0, 60)}`),
    ...others.map(([key, values]) => `${key.slice(0, 60)}=${values.join(',').slice(0, 60)}`),
  ];
}

/** The address is written as Outlook reads it; the line that says which service it is of stands beside it. */
function isOtherMessenger(line: VCardLine, mine: VCardLine | undefined): boolean {
  return IM_NAMES.has(line.name) && line.name !== 'X-MS-IMADDRESS' && mine?.name !== line.name;
}

function merged(mine: VCardLine, extra: VCardLine): VCardLine {
  const known = typesOf(mine);
  const types = (extra.parameters.get('TYPE') ?? [])
    .flatMap((each) => each.split(','))
    .filter((type) => !known.has(type.toLowerCase()) && !IDLE_TYPES.has(type.toLowerCase()));
  const parameters = new Map(mine.parameters);
  if (types.length > 0) parameters.set('TYPE', [...(mine.parameters.get('TYPE') ?? []), ...types]);
  for (const [key, values] of extra.parameters)
    if (!IDLE_PARAMETERS.has(key) && !parameters.has(key)) parameters.set(key, values);
  return { ...mine, group: extra.group, parameters };
}
