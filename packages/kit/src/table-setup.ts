/** How a table is set up: what can be asked of it, and how the end of it is told. spec: imapitable-setcolumns, -restrict, -sorttable */
import { MapiError, type TableEvent, type TableStatus } from '@nodemapi/mapi';
import { validateRestriction } from './restriction.ts';
import type { RowSource, TableSetup } from './row-source.ts';

/** INFINITE, as `waitForCompletion` is told. */
export const FOR_EVER = 0xffff_ffff;

/** What a table is doing meanwhile, and the event of its end. */
export interface SetupKind {
  readonly status: TableStatus['status'];
  readonly done: TableEvent;
}

export const SETUPS: Readonly<Record<'columns' | 'restriction' | 'sort', SetupKind>> = {
  columns: { status: 'settingCols', done: 'setColDone' },
  restriction: { status: 'restricting', done: 'restrictDone' },
  sort: { status: 'sorting', done: 'sortDone' },
};

/** @throws MAPI_E_TOO_COMPLEX for what the source cannot do; MAPI_E_INVALID_PARAMETER for categories that do not fit */
export function checkSetup(setup: TableSetup, source: RowSource): void {
  if (setup.restriction !== null) validateRestriction(setup.restriction);
  const { sorts, categories = 0, expanded = 0 } = setup.sort;
  if (categories > sorts.length || expanded > categories || categories < 0 || expanded < 0) {
    throw new MapiError('MAPI_E_INVALID_PARAMETER', `${expanded} expanded of ${categories} of ${sorts.length} keys`);
  }
  if (categories > 0 && source.categories === undefined) throw new MapiError('MAPI_E_TOO_COMPLEX', 'categories');
  const ids = new Set(sorts.map(({ tag }) => tag >>> 16));
  if (ids.size < sorts.length) throw new MapiError('MAPI_E_TOO_COMPLEX', 'two sort keys of one property');
  const strange = sorts.some(({ order }) => order !== 'ascend' && order !== 'descend');
  if (strange && source.categories === undefined) throw new MapiError('MAPI_E_TOO_COMPLEX', 'orders of categories');
}
