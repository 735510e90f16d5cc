import { assert } from '@nodemapi/base';
import type { SqlValue } from './driver.ts';

/** SQL text with the values for its question marks. */
export class Query {
  readonly text: string;
  readonly parameters: readonly SqlValue[];

  constructor(text: string, parameters: readonly SqlValue[] = []) {
    this.text = text;
    this.parameters = parameters;
  }
}

/**
 * Builds a query: an interpolated value becomes a parameter, an interpolated query becomes part of the text.
 *
 * Nothing that comes from outside can become SQL text, save through `raw`.
 */
export function sql(strings: TemplateStringsArray, ...parts: readonly (SqlValue | Query)[]): Query {
  return parts.some((part) => part instanceof Query) ? assembled(strings, parts) : plain(strings, parts);
}

/** Texts of templates without queries in them: the same string each time, so that its statement is found at once. */
const texts = new WeakMap<TemplateStringsArray, string>();

function plain(strings: TemplateStringsArray, parts: readonly (SqlValue | Query)[]): Query {
  let text = texts.get(strings);
  if (text === undefined) {
    text = strings.join('?');
    texts.set(strings, text);
  }
  for (let index = 0; index < parts.length; index++) assertDefined(parts[index], index, strings);
  return new Query(text, parts as readonly SqlValue[]);
}

function assembled(strings: TemplateStringsArray, parts: readonly (SqlValue | Query)[]): Query {
  let text = strings[0] ?? '';
  const parameters: SqlValue[] = [];
  for (const [index, part] of parts.entries()) {
    if (part instanceof Query) {
      text += part.text;
      parameters.push(...part.parameters);
    } else {
      assertDefined(part, index, strings);
      text += '?';
      parameters.push(part);
    }
    text += strings[index + 1] ?? '';
  }
  return new Query(text, parameters);
}

function assertDefined(part: SqlValue | Query | undefined, index: number, strings: TemplateStringsArray): void {
  if (part === undefined) assert(false, `parameter ${index} of "${strings.join('?')}" is undefined`);
}

/** Parameters one after another, with commas between. */
export function values(cells: readonly SqlValue[]): Query {
  return new Query(cells.map(() => '?').join(', '), cells);
}

/** A piece of SQL text from the program itself, such as a column name. */
export function raw(text: string): Query {
  return new Query(text);
}

/** The queries one after another, `separator` between them. */
export function join(queries: readonly Query[], separator = ', '): Query {
  return new Query(
    queries.map((query) => query.text).join(separator),
    queries.flatMap((query) => query.parameters),
  );
}
