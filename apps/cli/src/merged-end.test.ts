import assert from 'node:assert/strict';
import type { EndedMember, EndReport } from 'nodemapi';
import { describe, test } from 'vitest';
import { memberJson, mergedEnd } from './merged-end.ts';

const NOTHING = { sent: 0, failed: 0, left: 0, held: 0, unknown: 0, messages: [] };
const reported = (outgoing: Partial<EndReport['outgoing']> = {}): EndReport => ({
  policy: 'drain',
  completed: true,
  deadlineExceeded: false,
  durationMs: 1,
  steps: [],
  outgoing: { ...NOTHING, ...outgoing },
  leftOpen: { objects: [], advises: [], buffers: 0, blocks: [] },
});
const member = (pid: number, more: Partial<EndedMember> = {}): EndedMember => ({
  ...{ id: 'm', session: 's', profile: 'Work', pid, program: 'serve', messaging: true, silent: false, ended: true },
  report: reported(),
  ...more,
});

describe('the ends of several members', () => {
  test('are one report: what one of them does not know is not known', () => {
    const members = [
      member(1, { report: reported({ sent: 2, unlisted: 3 }) }),
      member(2, { report: reported({ sent: 1, failed: 1, incomplete: true }) }),
    ];
    const { policy, completed, outgoing } = mergedEnd(members, undefined, 1);
    assert.deepEqual([policy, completed], ['drain', true]);
    assert.deepEqual(outgoing, { ...NOTHING, sent: 3, failed: 1, unlisted: 3, incomplete: true });
    assert.deepEqual(mergedEnd([member(1)], 'leave', 1).outgoing, NOTHING);
  });

  test('a member that does not answer has not ended, and has no report', () => {
    const silent = member(7, { silent: true, ended: false, report: undefined });
    const { completed, deadlineExceeded } = mergedEnd([member(1), silent], 'drain', 1);
    assert.deepEqual([completed, deadlineExceeded], [false, true]);
    assert.deepEqual(memberJson(silent), {
      ...{ session: 's', profile: 'Work', pid: 7, program: 'serve', messaging: true, silent: true, ended: false },
      end: null,
    });
    const { silent: isSilent, ended, end } = memberJson(member(1));
    assert.deepEqual([isSilent, ended, end === null], [false, true, false]);
  });
});
