/** Text for people: colours where the terminal has them, tables, sizes and times. */

export interface Terminal {
  readonly colours: boolean;
  /** Characters in a line. */
  readonly columns: number;
}

const CODES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, blue: 34, cyan: 36 } as const;

/** Colours a text if the terminal shows colours. */
export function paint(terminal: Terminal, style: keyof typeof CODES, text: string): string {
  return terminal.colours ? `\u001b[${CODES[style]}m${text}\u001b[0m` : text;
}

/** Control characters of foreign text would move the cursor or change colours; they are shown as symbols. */
export function printable(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, (character) => {
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

/** Lays rows out in columns; the last column is cut at the edge of the terminal. */
export function layOut(terminal: Terminal, header: readonly string[], rows: readonly (readonly string[])[]): string {
  const clean = rows.map((row) => row.map(printable));
  const widths = header.map((title, index) =>
    Math.max(textWidth(title), ...clean.map((row) => textWidth(row[index] ?? ''))),
  );
  const line = (cells: readonly string[]): string => {
    let result = '';
    cells.forEach((cell, index) => {
      const room = terminal.columns - textWidth(result);
      const width = Math.min(widths[index] ?? 0, Math.max(room, 8));
      const shown = cut(cell, width);
      result += index === cells.length - 1 ? shown : `${shown}${' '.repeat(Math.max(0, width - textWidth(shown)))}  `;
    });
    return result.trimEnd();
  };
  return [paint(terminal, 'bold', line(header)), ...clean.map(line)].join('\n');
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
