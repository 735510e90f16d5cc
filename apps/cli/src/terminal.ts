/** Text for people: colours where the terminal has them, tables, sizes and times. */

export interface Terminal {
  readonly colours: boolean;
  /** Characters in a line; infinite where it is no terminal, but a file or a pipe. */
  readonly columns: number;
}

const CODES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, blue: 34, cyan: 36 } as const;

/** Colours a text if the terminal shows colours. */
export function paint(terminal: Terminal, style: keyof typeof CODES, text: string): string {
  return terminal.colours ? `\u001b[${CODES[style]}m${text}\u001b[0m` : text;
}

/** Control characters of foreign text would move the cursor, change colours or turn a name around: they become symbols. */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Bidi_Control}]/gu, (character) => {
    const code = character.charCodeAt(0);
    if (code === 0x0a || code === 0x0d || code === 0x09) return ' ';
    return code < 0x20 ? String.fromCharCode(0x2400 + code) : '\ufffd';
  });
}

/** Whether a character takes two places: East Asian wide forms and emoji. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Extended_Pictographic}/u;

/** Places a text takes. */
export function textWidth(text: string): number {
  let width = 0;
  for (const character of text) width += /\p{M}/u.test(character) ? 0 : WIDE.test(character) ? 2 : 1;
  return width;
}

function cut(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  let result = '';
  let used = 0;
  for (const character of text) {
    const next = textWidth(character);
    if (used + next > width - 1) break;
    result += character;
    used += next;
  }
  return `${result}…`;
}

/** A column is not made narrower than this. */
const columnCharsMin = 8;
const GAP = '  ';

/**
 * A table of rows that are alike: in columns on a terminal; elsewhere a row a line, with one tab between cells and none
 * cut, so that other programs find them and one long cell does not widen every row.
 */
export function layOut(terminal: Terminal, header: readonly string[], rows: readonly (readonly string[])[]): string {
  if (Number.isFinite(terminal.columns)) return inColumns(terminal, header, rows);
  return [header, ...rows.map((row) => row.map(printable))].map((row) => row.join('\t')).join('\n');
}

/**
 * Lays rows out in columns, wherever they go. Where they do not fit into a terminal the widest are cut, but never one that is
 * titled `id`, since what is in it is to be typed again.
 */
export function inColumns(terminal: Terminal, header: readonly string[], rows: readonly (readonly string[])[]): string {
  const clean = rows.map((row) => row.map(printable));
  const wanted = header.map((title, index) =>
    Math.max(textWidth(title), ...clean.map((row) => textWidth(row[index] ?? ''))),
  );
  const fixed = header.map((title) => title === 'id');
  const widths = fitted(wanted, fixed, terminal.columns - GAP.length * (header.length - 1));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, index) => {
        const shown = cut(cell, widths[index] ?? 0);
        return shown + ' '.repeat(Math.max(0, (widths[index] ?? 0) - textWidth(shown)));
      })
      .join(GAP)
      .trimEnd();
  return [paint(terminal, 'bold', line(header)), ...clean.map(line)].join('\n');
}

/** Takes from the widest columns until the sum is `room`, or every one is at its least. */
function fitted(wanted: readonly number[], fixed: readonly boolean[], room: number): readonly number[] {
  const widths = [...wanted];
  for (let excess = widths.reduce((sum, width) => sum + width, 0) - room; excess > 0; excess--) {
    let widest = -1;
    for (const [index, width] of widths.entries()) {
      if (fixed[index] !== true && width > Math.max(columnCharsMin, widths[widest] ?? 0)) widest = index;
    }
    if (widest < 0) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return widths;
}

/** A count of bytes for people. */
export function bytesText(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  const units = ['KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes / 1024;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${value.toFixed(value < 10 ? 1 : 0)} ${units[unit] ?? ''}`;
}

/** A duration for people. */
export function durationText(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  return ms < 120_000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms / 60_000)} min`;
}

/** `1 message`, `2 messages`. */
export function countText(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
