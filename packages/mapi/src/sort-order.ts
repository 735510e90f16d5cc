/**
 * Sort orders of tables.
 *
 * spec: ssortorder, ssortorderset
 */
import type { PropTag } from './prop-tag.ts';

/** MAPI: SSortOrder; absent values sort last in both directions. */
export interface SortOrder {
  readonly tag: PropTag;
  readonly order: 'ascend' | 'descend' | 'combine' | 'categMax' | 'categMin';
}

/** MAPI: SSortOrderSet: the first `categories` keys group the rows, the first `expanded` of these groups are open. */
export interface SortOrderSet {
  readonly sorts: readonly SortOrder[];
  readonly categories?: number;
  readonly expanded?: number;
}

/** Sorts by a column from the smallest value on. */
export const ascend = (tag: PropTag): SortOrder => ({ tag, order: 'ascend' });
/** Sorts by a column from the largest value on. */
export const descend = (tag: PropTag): SortOrder => ({ tag, order: 'descend' });
