/** Names of the owners of locks and of unsaved values: `host/pid/mark/random`. What people are shown of them are the first two. */
import type { ProcessFate, ProcessFates } from '@nodemapi/base';

/** @param random tells the openings of one process apart */
export function processOwner({ pid, mark }: Pick<ProcessFates, 'pid' | 'mark'>, host: string, random: string): string {
  return `${host.replaceAll('/', '_')}/${pid}/${mark}/${random}`;
}

/** What has become of the process behind an owner; 'unknown' also if it is none of ours. */
export function fateOfOwner(owner: string, fates: ProcessFates): ProcessFate {
  const [, pid = '', mark = ''] = owner.split('/');
  return /^\d+$/.test(pid) ? fates.fateOf(Number(pid), mark) : 'unknown';
}

/**
 * Whether the process behind an owner is gone for certain. A store is shared by the processes of one machine alone, so one of
 * another start of a machine is.
 */
export function isOwnerGone(owner: string, fates: ProcessFates): boolean {
  const fate = fateOfOwner(owner, fates);
  return fate === 'gone' || fate === 'restarted';
}
