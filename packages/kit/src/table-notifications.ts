import { PR_INSTANCE_KEY, PR_NULL, prop, type TableNotification } from '@nodemapi/mapi';
import type { RowChange } from './row-source.ts';

/** More rows than this in one change are told as one TABLE_CHANGED. spec: itabledata-hrmodifyrows */
export const ROW_NOTIFICATIONS_MAX = 8;

/** The notifications for one change of a view. spec: table_notification */
export function tableNotifications(changes: readonly RowChange[]): readonly TableNotification[] {
  const error = changes.find((change) => change.kind === 'error');
  if (error !== undefined) return [{ kind: 'tableModified', event: 'error', hresult: error.hresult }];
  if (changes.some((change) => change.kind === 'reload')) return [{ kind: 'tableModified', event: 'reload' }];
  const whole = changes.length > ROW_NOTIFICATIONS_MAX || changes.some((change) => change.kind === 'changed');
  if (whole) return [{ kind: 'tableModified', event: 'changed' }];
  return changes.flatMap((change) => rowNotification(change) ?? []);
}

function rowNotification(change: RowChange): TableNotification | undefined {
  switch (change.kind) {
    case 'deleted':
      return { kind: 'tableModified', event: 'rowDeleted', index: prop(PR_INSTANCE_KEY, change.key) };
    case 'added':
    case 'modified':
      return {
        kind: 'tableModified',
        event: change.kind === 'added' ? 'rowAdded' : 'rowModified',
        index: prop(PR_INSTANCE_KEY, change.key),
        prior: change.prior === null ? prop(PR_NULL, null) : prop(PR_INSTANCE_KEY, change.prior),
        row: change.row,
      };
    default:
      return undefined;
  }
}
