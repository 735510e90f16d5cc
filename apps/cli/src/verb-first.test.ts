import assert from 'node:assert/strict';
import { describe, it } from 'vitest';
import type { OptionSpec } from './command.ts';
import { COMMANDS } from './commands/index.ts';
import { TestHome } from './io.testing.ts';
import { verbFirst } from './verb-first.ts';

const GLOBALS: readonly OptionSpec[] = [
  { flags: '--json', description: '' },
  { flags: '--home <dir>', description: '' },
];
const moved = (line: string): string => verbFirst(line.split(' '), COMMANDS, GLOBALS).join(' ');

describe('options before the verb', () => {
  it('are as good as after it', () => {
    assert.equal(moved('headers --timeout 1 move ab12'), 'headers move --timeout 1 ab12');
    assert.equal(
      moved('--home x headers --timeout=1 --json --all move'),
      '--home x headers move --timeout=1 --json --all',
    );
    assert.equal(moved('outbox --limit 3 list'), 'outbox list --limit 3');
    assert.equal(moved('session --drain 5 end'), 'session end --drain 5');
    assert.equal(moved('session --drain end'), 'session end --drain');
  });

  it('are left where they are if there is no verb, or something that nobody knows', () => {
    for (const line of [
      'headers --timeout 1',
      'headers --timeout move',
      'headers --what 1 move',
      'headers -- move',
      'list --limit 3 list',
      'outbox list --limit 3',
      '--what outbox --limit 3 list',
      'nobody --json list',
    ])
      assert.equal(moved(line), line);
  });

  it('take an argument or none, whatever the verb', () => {
    const known = new Map<string, string>();
    for (const { usage, options = [] } of COMMANDS) {
      for (const { flags } of options) {
        const key = `${usage.split(' ')[0]} ${flags.split(' ')[0]}`;
        const kind = flags.replace(/^[^<[]*/u, '').slice(0, 1);
        assert.equal(known.get(key) ?? kind, kind, key);
        known.set(key, kind);
      }
    }
  });

  it('reach the command', async () => {
    await using home = await TestHome.withProfile();
    const { code, err } = await home.run('headers', '--timeout', 'x', 'move', '--all');
    assert.deepEqual([code, /--timeout must be a whole number/u.test(err)], [2, true]);
  });
});
