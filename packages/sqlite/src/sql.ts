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
  let text = strings[0] ?? '';
  const parameters: SqlValue[] = [];
  for (const [index, part] of parts.entries()) {
    if (part instanceof Query) {
      text += part.text;
      parameters.push(...part.parameters);
    } else {
      assert(part !== undefined, `parameter ${index} of "${strings.join('?')}" is undefined`);
      text += '?';
      parameters.push(part);
    }
    text += strings[index + 1] ?? '';
  }
  return new Query(text, parameters);
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
