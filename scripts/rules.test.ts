import { describe, expect, test } from 'vitest';
import { claimedIds, readRules, stateOf, testClaims } from './rule-claims.mjs';
import { statusPage, totals } from './rule-pages.mjs';

const texts = {
  'spec/rules-session.md': [
    '## LOGOFF — ending',
    '- LOGOFF-1 · (C) One. [page]',
    '- LOGOFF-2 · (M) See LOGOFF-1.',
  ].join('\n'),
  'spec/rules-messaging.md': [
    '## SPOOL — spooler',
    '1. **SPOOL-001** ★ Keep.',
    '2. **SPOOL-002** Do.',
    '| C-01 | a | b |',
  ].join('\n'),
};
const { rules } = readRules(texts);

const run = (...tests: readonly (readonly [title: string, status: string])[]) => [
  { file: 'packages/spooler/src/queue.test.ts', tests: tests.map(([title, status]) => ({ title, status })) },
];

describe('rules of the specification', () => {
  test('both spellings are read, with line and section', () => {
    expect([...rules.keys()]).toEqual(['LOGOFF-1', 'LOGOFF-2', 'SPOOL-001', 'SPOOL-002', 'C-01']);
    expect(rules.get('SPOOL-001')).toEqual({
      path: 'spec/rules-messaging.md',
      line: 2,
      section: 'SPOOL — spooler',
      durable: true,
    });
  });

  test('a choice that was decided otherwise has its decision on the page, whatever its state', () => {
    const line = '- AMB-1 · A or B. → A. Decided otherwise (0231): B. [page]';
    const choices = readRules({ 'spec/rules-session.md': `## AMB — choices\n${line}` }).rules;
    expect(choices.get('AMB-1')).toMatchObject({ otherwise: '0231' });
    expect(statusPage(choices, {}, new Map())).toContain('not yet, decided otherwise: 0231');
  });

  test('a rule that is defined twice is a problem', () => {
    expect(readRules({ a: '- X-1 · one\n- X-1 · two' }).problems).toEqual(['a:2: X-1 is defined twice']);
  });
});

describe('titles of tests', () => {
  test.each([
    ['SPOOL-001: keeps', ['SPOOL-001']],
    ['SPOOL-001, LOGOFF-2: keeps', ['SPOOL-001', 'LOGOFF-2']],
    ['keeps as SPOOL-001: says', []],
    ['SPOOL-001 keeps', []],
    ['UTF-8: decodes', []],
  ])('the title %j', (title, ids) => {
    expect(claimedIds(title)).toEqual(ids);
  });

  test('a rule that does not exist is a problem', () => {
    expect(testClaims(run(['SPOL-001: typo', 'passed']), rules).problems).toEqual([
      'packages/spooler/src/queue.test.ts: "SPOL-001: typo" names SPOL-001, which is not in the specification',
    ]);
  });
});

describe('state of a rule', () => {
  const state = (...statuses: readonly string[]) => {
    const tests = statuses.map((status) => ['SPOOL-001: t', status] as const);
    return stateOf('SPOOL-001', {}, testClaims(run(...tests), rules).byRule);
  };

  test('is done only when a test ran and none failed', () => {
    expect(state('passed')).toBe('done');
    expect(state('passed', 'skipped')).toBe('done');
    expect(state('passed', 'failed')).toBe('not yet');
    expect(state('skipped')).toBe('not yet');
    expect(state()).toBe('not yet');
  });

  test('is shown on the page with its tests, and choices are counted apart', () => {
    const { byRule } = testClaims(
      run(['SPOOL-001: a', 'passed'], ['SPOOL-001: b', 'passed'], ['C-01: c', 'passed']),
      rules,
    );
    const excused = { 'LOGOFF-2': 'no windows here' };
    expect(totals(rules, excused, byRule)).toEqual({ done: 1, open: 2, excused: 1, all: 4 });
    const page = statusPage(rules, excused, byRule);
    expect(page).toContain(
      '| [SPOOL-001](rules-messaging.md#L2) ★ | done | packages/spooler | [queue.test.ts](../packages/spooler/src/queue.test.ts) ×2 |',
    );
    expect(page).toContain('| [LOGOFF-2](rules-session.md#L3) | not applicable | | no windows here |');
    expect(page).toBe(statusPage(rules, excused, byRule));
  });
});
