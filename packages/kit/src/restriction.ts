/**
 * Restrictions over anything that gives properties: table rows, messages, status rows.
 *
 * An absent property makes PROPERTY, CONTENT, COMPAREPROPS, BITMASK and SIZE false. EQ and NE compare exactly, LT … GE
 * by the order of `compare.ts`. What is too complex is told before the first row is looked at, by
 * `validateRestriction`, and again while evaluating, for callers that did not ask.
 *
 * spec: types-of-restrictions, srestriction
 */
import {
  baseType,
  isValueOfType,
  MapiError,
  MV_FLAG,
  PR_ANR,
  PR_MESSAGE_ATTACHMENTS,
  PR_MESSAGE_RECIPIENTS,
  type PropTag,
  type PropValue,
  PT_BINARY,
  PT_LONG,
  PT_OBJECT,
  PT_STRING8,
  PT_UNICODE,
  propId,
  propType,
  RESTRICTION_DEPTH_MAX,
  type RelOp,
  type Restriction,
} from '@nodemapi/mapi';
import { matchAnr } from './ambiguous-name.ts';
import { compareTyped, type PropSource, presentOf, sameBaseType } from './compare.ts';
import { matchContent } from './match-content.ts';
import { valueBytes } from './prop-bag.ts';

/** The rows of a subobject table (PR_MESSAGE_RECIPIENTS, PR_MESSAGE_ATTACHMENTS) of the object at hand. */
export type SubRows = (subobject: PropTag) => Iterable<PropSource>;

/**
 * Whether an object satisfies a restriction.
 *
 * @throws MAPI_E_TOO_COMPLEX for what `validateRestriction` refuses, and for SUBRESTRICTION without `subRows`
 */
export function evaluateRestriction(restriction: Restriction, source: PropSource, subRows?: SubRows): boolean {
  return evaluate(restriction, { source, subRows }, 1);
}

/**
 * Refuses what no object could be measured by.
 *
 * @throws MAPI_E_TOO_COMPLEX for types that do not match, RELOP_RE, COUNT, multivalued constants, and nesting beyond
 *   RESTRICTION_DEPTH_MAX; MAPI_E_INVALID_PARAMETER for a constant that is not of its type
 */
export function validateRestriction(restriction: Restriction): void {
  validate(restriction, 1);
}

interface Scope {
  readonly source: PropSource;
  readonly subRows: SubRows | undefined;
}

function validate(restriction: Restriction, depth: number): void {
  checkNode(restriction, depth);
  if (restriction.kind === 'and' || restriction.kind === 'or') {
    for (const child of restriction.of) validate(child, depth + 1);
  } else if ('of' in restriction && restriction.of !== undefined) {
    validate(restriction.of, depth + 1);
  }
}

function evaluate(restriction: Restriction, scope: Scope, depth: number): boolean {
  checkNode(restriction, depth);
  const inner = (child: Restriction): boolean => evaluate(child, scope, depth + 1);
  switch (restriction.kind) {
    case 'and':
      return restriction.of.every(inner);
    case 'or':
      return restriction.of.some(inner);
    case 'not':
      return !inner(restriction.of);
    case 'comment':
      return restriction.of === undefined || inner(restriction.of);
    case 'sub':
      return evaluateSub(restriction, scope, depth);
    case 'count':
      return tooComplex('COUNT');
    default:
      return evaluateLeaf(restriction, scope.source);
  }
}

type Leaf = Exclude<Restriction, { readonly kind: 'and' | 'or' | 'not' | 'comment' | 'sub' | 'count' }>;

function evaluateLeaf(restriction: Leaf, source: PropSource): boolean {
  switch (restriction.kind) {
    case 'property':
      return evaluateProperty(restriction, source);
    case 'content':
      return valuesOf(source, restriction.tag).some((value) =>
        matchContent(restriction, value, restriction.value.value),
      );
    case 'compareProps':
      return evaluateCompare(restriction, source);
    case 'bitmask':
      return valuesOf(source, restriction.tag).some(
        (value) => ((Number(value) & restriction.mask) !== 0) === (restriction.relop === 'NEZ'),
      );
    case 'size':
      return valuesOf(source, restriction.tag).some((value) =>
        holds(restriction.relop, valueBytes(value, baseType(restriction.tag)) - restriction.size),
      );
    case 'exist':
      return presentOf(source, restriction.tag) !== undefined;
  }
}

function evaluateProperty(restriction: Leaf & { kind: 'property' }, source: PropSource): boolean {
  const constant = restriction.value.value;
  if (isAnr(restriction.tag)) return matchAnr(String(constant), source);
  const type = baseType(restriction.tag);
  return valuesOf(source, restriction.tag).some((value) =>
    holds(restriction.relop, compareTyped(type, value, constant)),
  );
}

function evaluateCompare(restriction: Leaf & { kind: 'compareProps' }, source: PropSource): boolean {
  const left = presentOf(source, restriction.tag1);
  const right = presentOf(source, restriction.tag2);
  if (left === undefined || right === undefined) return false;
  return holds(restriction.relop, compareTyped(propType(restriction.tag1), left.value, right.value));
}

function evaluateSub(restriction: Restriction & { kind: 'sub' }, scope: Scope, depth: number): boolean {
  if (scope.subRows === undefined) return tooComplex('SUBRESTRICTION on an object without subobjects');
  for (const source of scope.subRows(restriction.subobject)) {
    if (evaluate(restriction.of, { source, subRows: undefined }, depth + 1)) return true;
  }
  return false;
}

/** The values of a property one by one: any of several is enough. */
function valuesOf(source: PropSource, tag: PropTag): readonly unknown[] {
  const multiple = (propType(tag) & MV_FLAG) !== 0;
  const found = presentOf(source, tag);
  if (found === undefined) return [];
  return multiple && Array.isArray(found.value) ? found.value : [found.value];
}

function holds(relop: RelOp, compared: number): boolean {
  switch (relop) {
    case 'LT':
      return compared < 0;
    case 'LE':
      return compared <= 0;
    case 'GT':
      return compared > 0;
    case 'GE':
      return compared >= 0;
    case 'EQ':
      return compared === 0;
    case 'NE':
      return compared !== 0;
    case 'RE':
      return tooComplex('RELOP_RE');
  }
}

function checkNode(restriction: Restriction, depth: number): void {
  if (depth > RESTRICTION_DEPTH_MAX) tooComplex(`nested more than ${RESTRICTION_DEPTH_MAX} deep`);
  if ('relop' in restriction && restriction.relop === 'RE') tooComplex('RELOP_RE');
  switch (restriction.kind) {
    case 'property':
      checkConstant(restriction.tag, restriction.value);
      if (isAnr(restriction.tag) && restriction.relop !== 'EQ') tooComplex('PR_ANR with another relation than EQ');
      return;
    case 'content':
      checkConstant(restriction.tag, restriction.value);
      if (!CONTENT_TYPES.has(baseType(restriction.tag))) tooComplex('CONTENT on neither strings nor binaries');
      return;
    case 'compareProps':
      if (!sameBaseType(restriction.tag1, restriction.tag2)) tooComplex('COMPAREPROPS of different types');
      return;
    case 'bitmask':
      if (propType(restriction.tag) !== PT_LONG) tooComplex('BITMASK on something else than PT_LONG');
      return;
    case 'exist':
      if (propType(restriction.tag) === PT_OBJECT) tooComplex('EXIST on PT_OBJECT');
      return;
    case 'sub':
      if (!SUBOBJECTS.has(propId(restriction.subobject))) tooComplex('SUBRESTRICTION on no table of a message');
      return;
    case 'count':
      tooComplex('COUNT');
  }
}

const CONTENT_TYPES: ReadonlySet<number> = new Set([PT_UNICODE, PT_STRING8, PT_BINARY]);
const SUBOBJECTS: ReadonlySet<number> = new Set([propId(PR_MESSAGE_RECIPIENTS), propId(PR_MESSAGE_ATTACHMENTS)]);

function checkConstant(tag: PropTag, constant: PropValue): void {
  const type = propType(constant.tag);
  if ((type & MV_FLAG) !== 0) tooComplex('a multivalued constant');
  if (type !== baseType(tag)) tooComplex('a constant of another type than the property');
  if (!isValueOfType(type, constant.value)) {
    throw new MapiError('MAPI_E_INVALID_PARAMETER', 'a constant of a restriction is not of its own type');
  }
}

function isAnr(tag: PropTag): boolean {
  return propId(tag) === propId(PR_ANR);
}

function tooComplex(what: string): never {
  throw new MapiError('MAPI_E_TOO_COMPLEX', `restriction: ${what}`);
}
