/** X-ABLABEL, by which Apple and Google name the line of the same group: words of theirs in brackets, or a person's own. */
import { textOf, typesOf, type VCard, type VCardLine } from './vcard-line.ts';

/** Words of Apple's that are TYPEs of the line. */
const TYPES: ReadonlySet<string> = new Set(
  'home work other mobile iphone main homefax workfax otherfax pager school'.split(' '),
);
/** What has a place by its TYPE. */
const TYPED: ReadonlySet<string> = new Set(['TEL', 'ADR', 'LABEL', 'URL']);
/** What is read by its label alone. */
const READ_BY_LABEL: ReadonlySet<string> = new Set(['X-ABRELATEDNAMES', 'X-ABDATE']);

/** The labels of one card. */
export class GroupLabels {
  readonly #lines: readonly VCardLine[];
  /** By group, without brackets, in lower case. */
  readonly #words = new Map<string, string>();

  constructor({ lines, version }: VCard) {
    this.#lines = lines.filter(({ name }) => name === 'X-ABLABEL');
    for (const line of this.#lines) {
      const word = textOf(line, version).replace(/^_\$!<(.*)>!\$_$/s, '$1');
      if (line.group !== undefined) this.#words.set(line.group, word.toLowerCase());
    }
  }

  /** '' for a line without a label. */
  read({ group }: VCardLine): string {
    return (group === undefined ? undefined : this.#words.get(group)) ?? '';
  }

  /** The line with its label among its words, where that says what the words say. */
  asType(line: VCardLine): VCardLine {
    const word = this.read(line);
    if (!TYPED.has(line.name) || !TYPES.has(word) || typesOf(line).has(word)) return line;
    const types = [...(line.parameters.get('TYPE') ?? []), word];
    return { ...line, parameters: new Map([...line.parameters, ['TYPE', types]]) };
  }

  /** Those that stay with lines that are kept, or with none; and those of lines that became properties, but for what was read. */
  split(
    kept: readonly VCardLine[],
    taken: readonly VCardLine[],
  ): { readonly kept: readonly VCardLine[]; readonly labels: readonly VCardLine[] } {
    const keptGroups = new Set(kept.map(({ group }) => group));
    const lineOf = new Map(taken.map((line) => [line.group, line] as const));
    const stays = this.#lines.filter(({ group }) => {
      return group === undefined || keptGroups.has(group) || !lineOf.has(group);
    });
    const staying = new Set(stays);
    const labels = this.#lines.filter((line) => {
      const labelled = staying.has(line) ? undefined : lineOf.get(line.group);
      if (labelled === undefined || READ_BY_LABEL.has(labelled.name)) return false;
      return !(TYPED.has(labelled.name) && TYPES.has(this.read(line)));
    });
    return { kept: stays, labels };
  }
}
