import assert from 'node:assert/strict';
import { test } from 'vitest';
import { parseTokenCommand } from './token-command.ts';

test('a command is words with spaces between them, or an array', () => {
  assert.deepEqual(parseTokenCommand('/usr/bin/oama  access\tme@x.test '), ['/usr/bin/oama', 'access', 'me@x.test']);
  assert.deepEqual(parseTokenCommand(' ["/opt/my tools/token", "a b", ""]'), ['/opt/my tools/token', 'a b', '']);
  assert.deepEqual(parseTokenCommand('/bin/echo "a $HOME; b"'), ['/bin/echo', '"a', '$HOME;', 'b"']);
});

test('its program has an absolute path; what is no command is refused', () => {
  const many = `/bin/x ${'y '.repeat(100)}`;
  for (const text of [
    '',
    ' ',
    'oama access',
    './x',
    '[]',
    '["x"]',
    '[1]',
    '["/bin/x", 1]',
    '["/bin/x"',
    many,
    '/bin/x a\0b',
  ])
    assert.throws(() => parseTokenCommand(text), { code: 'MAPI_E_INVALID_PARAMETER' }, text);
});
