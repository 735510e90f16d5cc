/**
 * Restrictions and sort orders as SQL, where that gives the same answers as the evaluator of the kit.
 *
 * What SQL cannot do in the same way (case of other scripts, properties without a column, subobjects) is left over, and
 * the caller does it row by row. An absent value makes every leaf false, never NULL, so that NOT works as it does there.
 */
import {
  baseType,
  type ContentRestriction,
  MV_FLAG,
  type PropertyRestriction,
  type PropTag,
  PT_BINARY,
  PT_LONG,
  PT_UNICODE,
  propType,
  type RelOp,
  type Restriction,
  type SortOrder,
} from '@nodemapi/mapi';
import { join, type Query, raw, sql } from '@nodemapi/sqlite';
import { storedTag } from './content-props.ts';
import { cellOfValue } from './message-columns.ts';

/** A property that SQL can read: its tag, with the type that is stored, and an expression. */
export interface SqlProperty {
  readonly tag: PropTag;
  readonly expression: Query;
}

/** What a table can do in SQL. */
export interface SqlProperties {
  /** The properties that SQL can read. */
  property(tag: PropTag): SqlProperty | undefined;
  /** Condition for the one row that has this value, where the property names rows; undefined for other properties. */
  keyCondition(tag: PropTag, value: unknown): Query | undefined;
}

/** One term of an order; absent values come last. */
export interface OrderTerm {
  readonly expression: Query;
  readonly descending: boolean;
  /** Whether a row may lack it. */
  readonly nullable: boolean;
}

/** `sql` lets through at least what satisfies the whole; `rest` is what remains to be asked of those rows. */
export interface CompiledRestriction {
  readonly sql: Query;
  readonly rest: Restriction | null;
}

const RELATIONS: Readonly<Record<RelOp, string | undefined>> = {
  LT: '<',
  LE: '<=',
  GT: '>',
  GE: '>=',
  EQ: '=',
  NE: '<>',
  RE: undefined,
};
/** More conditions than this are not worth a statement of their own. */
const conditionsMax = 200;

export function compileRestriction(restriction: Restriction | null, properties: SqlProperties): CompiledRestriction {
  if (restriction === null) return { sql: sql`1`, rest: null };
  const parts = restriction.kind === 'and' ? restriction.of : [restriction];
  const compiled = parts.slice(0, conditionsMax).map((part) => ({ part, query: compile(part, properties) }));
  const left = [
    ...compiled.flatMap(({ part, query }) => (query === undefined ? [part] : [])),
    ...parts.slice(conditionsMax),
  ];
  const done = compiled.flatMap(({ query }) => query ?? []);
  return { sql: all(done), rest: left.length === 0 ? null : { kind: 'and', of: left } };
}

/** The terms of a sort order; undefined if SQL cannot do it. */
export function compileOrder(sorts: readonly SortOrder[], properties: SqlProperties): OrderTerm[] | undefined {
  const terms: OrderTerm[] = [];
  for (const { tag, order } of sorts) {
    const property = properties.property(tag);
    if (property === undefined) return undefined;
    if (!isOfType(property, tag)) continue; // nobody has it in this type
    const descending = order === 'descend';
    const { expression } = property;
    if (baseType(tag) !== PT_BINARY && baseType(property.tag) === PT_UNICODE) {
      terms.push({ expression: sql`(${expression} COLLATE NOCASE)`, descending, nullable: true });
    }
    terms.push({ expression, descending, nullable: true });
  }
  return terms;
}

/** Says nothing of NULL where there is none, or where SQLite does the same by itself: so that an index fits. */
export function orderBy(terms: readonly OrderTerm[], backward = false): Query {
  return join(
    terms.map(({ expression, descending, nullable }) => {
      const ascending = descending === backward;
      const place = !nullable || ascending === backward ? '' : backward ? ' NULLS FIRST' : ' NULLS LAST';
      return sql`${expression} ${raw(`${ascending ? 'ASC' : 'DESC'}${place}`)}`;
    }),
  );
}

/** Condition for the rows that come before the one whose terms have `values`. */
export function comesBefore(
  terms: readonly OrderTerm[],
  values: readonly (string | number | bigint | Uint8Array | null)[],
): Query {
  const ways = terms.map((term, index) => {
    const equal = terms.slice(0, index).map(({ expression }, at) => sql`${expression} IS ${values[at] ?? null}`);
    return all([...equal, isBefore(term, values[index] ?? null)]);
  });
  const [first] = terms;
  const value = values[0] ?? null;
  if (first === undefined) return sql`0`;
  const bound = value === null ? sql`1` : sql`${first.expression} ${raw(first.descending ? '>=' : '<=')} ${value}`;
  return sql`(${bound} AND (${join(ways, ' OR ')}))`;
}

function isBefore({ expression, descending }: OrderTerm, value: string | number | bigint | Uint8Array | null): Query {
  if (value === null) return sql`${expression} IS NOT NULL`;
  return sql`${expression} ${raw(descending ? '>' : '<')} ${value}`;
}

function all(conditions: readonly Query[]): Query {
  return conditions.length === 0 ? sql`1` : sql`(${join(conditions, ' AND ')})`;
}

function compile(restriction: Restriction, properties: SqlProperties): Query | undefined {
  switch (restriction.kind) {
    case 'and':
    case 'or':
      return compileList(restriction.kind, restriction.of, properties);
    case 'not': {
      const inner = compile(restriction.of, properties);
      return inner === undefined ? undefined : sql`NOT ${inner}`;
    }
    case 'comment':
      return restriction.of === undefined ? sql`1` : compile(restriction.of, properties);
    default: {
      const leaf = compileLeaf(restriction, properties);
      return leaf === undefined ? undefined : sql`((${leaf}) IS TRUE)`;
    }
  }
}

function compileList(kind: 'and' | 'or', of: readonly Restriction[], properties: SqlProperties): Query | undefined {
  if (of.length > conditionsMax) return undefined;
  const parts = of.map((each) => compile(each, properties));
  if (parts.some((part) => part === undefined)) return undefined;
  if (parts.length === 0) return kind === 'and' ? sql`1` : sql`0`;
  return sql`(${join(parts as Query[], kind === 'and' ? ' AND ' : ' OR ')})`;
}

type Leaf = Exclude<Restriction, { readonly kind: 'and' | 'or' | 'not' | 'comment' }>;

function compileLeaf(restriction: Leaf, properties: SqlProperties): Query | undefined {
  if (!('tag' in restriction)) return undefined;
  if (restriction.kind === 'property' && restriction.relop === 'EQ') {
    const keyed = properties.keyCondition(restriction.tag, restriction.value.value);
    if (keyed !== undefined) return keyed;
  }
  const property = properties.property(restriction.tag);
  if (property === undefined || (propType(restriction.tag) & MV_FLAG) !== 0) return undefined;
  if (!isOfType(property, restriction.tag)) return sql`0`;
  switch (restriction.kind) {
    case 'property':
      return compileProperty(restriction, property);
    case 'content':
      return compileContent(restriction, property);
    case 'bitmask': {
      const relation = raw(restriction.relop === 'EQZ' ? '=' : '<>');
      return sql`(${property.expression} & ${restriction.mask | 0}) ${relation} 0`;
    }
    case 'exist':
      return sql`${property.expression} IS NOT NULL`;
    default:
      return undefined;
  }
}

function compileProperty({ relop, value }: PropertyRestriction, { tag, expression }: SqlProperty): Query | undefined {
  const relation = RELATIONS[relop];
  if (relation === undefined || value.value === undefined || value.value === null) return undefined;
  const cell = cellOfValue(value.value);
  if (baseType(tag) === PT_LONG && !Number.isInteger(cell)) return undefined;
  if (typeof cell !== 'string') return sql`${expression} ${raw(relation)} ${cell}`;
  if (!isPlainText(cell)) return undefined;
  if (relop === 'EQ' || relop === 'NE') return sql`${expression} ${raw(relation)} ${cell}`;
  const strict = raw(relation.charAt(0));
  return sql`${expression} COLLATE NOCASE ${strict} ${cell}
    OR (${expression} COLLATE NOCASE = ${cell} AND ${expression} ${raw(relation)} ${cell})`;
}

function compileContent(restriction: ContentRestriction, { expression }: SqlProperty): Query | undefined {
  const { match, value, ignoreCase, ignoreNonSpace, loose } = restriction;
  if (ignoreCase === true || ignoreNonSpace === true || loose === true) return undefined;
  const search = value.value;
  if (typeof search === 'string') {
    if (!isPlainText(search)) return undefined;
    if (match === 'fullString') return sql`${expression} = ${search}`;
    if (match === 'substring') return sql`instr(${expression}, ${search}) > 0`;
    return sql`substr(${expression}, 1, length(${search})) = ${search}`;
  }
  return undefined;
}

/** A text that is the same as UTF-8 and back, and that SQLite reads to its end. */
function isPlainText(text: string): boolean {
  return !text.includes('\0') && !/[\ud800-\udfff]/u.test(text);
}

function isOfType(property: SqlProperty, tag: PropTag): boolean {
  return propType(property.tag) === propType(storedTag(tag)) || propType(tag) === 0;
}
