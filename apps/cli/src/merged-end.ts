/** The ends of several members as one END report. */
import { END_STEPS, type EndedMember, type EndReport, type EndStep, type OutgoingPolicy } from 'nodemapi';
import { endJson } from './end-text.ts';

/** One report of many: what one of them left undone is undone. */
export function mergedEnd(
  members: readonly EndedMember[],
  policy: OutgoingPolicy | undefined,
  durationMs: number,
): EndReport {
  const reports = members.flatMap(({ report }) => report ?? []);
  const sum = (of: (report: EndReport) => number): number => reports.reduce((total, report) => total + of(report), 0);
  return {
    policy: policy ?? reports[0]?.policy ?? 'leave',
    completed: members.every(({ ended, report }) => ended && report?.completed !== false),
    deadlineExceeded: members.some(({ ended, report }) => !ended || report?.deadlineExceeded === true),
    durationMs,
    steps: END_STEPS.map((step) => mergedStep(step, reports)),
    outgoing: {
      sent: sum(({ outgoing }) => outgoing.sent),
      failed: sum(({ outgoing }) => outgoing.failed),
      left: sum(({ outgoing }) => outgoing.left),
      held: sum(({ outgoing }) => outgoing.held),
      unknown: sum(({ outgoing }) => outgoing.unknown),
      messages: reports.flatMap(({ outgoing }) => outgoing.messages),
      ...unlistedOf(sum(({ outgoing }) => outgoing.unlisted ?? 0)),
      ...(reports.some(({ outgoing }) => outgoing.incomplete === true) ? { incomplete: true } : {}),
    },
    leftOpen: {
      objects: reports.flatMap(({ leftOpen }) => leftOpen.objects),
      advises: reports.flatMap(({ leftOpen }) => leftOpen.advises),
      buffers: sum(({ leftOpen }) => leftOpen.buffers),
      blocks: reports.flatMap(({ leftOpen }) => leftOpen.blocks),
    },
  };
}

const unlistedOf = (unlisted: number): { readonly unlisted?: number } => (unlisted > 0 ? { unlisted } : {});

function mergedStep(step: EndStep['step'], reports: readonly EndReport[]): EndStep {
  const all = reports.flatMap(({ steps }) => steps.filter((one) => one.step === step));
  const failed = all.find(({ error }) => error !== undefined);
  return {
    step,
    ok: all.every(({ ok }) => ok),
    count: all.reduce((total, { count }) => total + count, 0),
    durationMs: Math.max(0, ...all.map(({ durationMs }) => durationMs)),
    ...(all.every(({ skipped }) => skipped === true) ? { skipped: true as const } : {}),
    ...(failed?.error === undefined ? {} : { error: failed.error }),
  };
}

/** What became of each member, as JSON. */
export function memberJson(member: EndedMember): Readonly<Record<string, unknown>> {
  const { session, profile, pid, program, messaging, silent, ended, report } = member;
  return {
    session,
    profile,
    pid,
    program,
    messaging,
    silent,
    ended,
    end: report === undefined ? null : endJson(report),
  };
}
