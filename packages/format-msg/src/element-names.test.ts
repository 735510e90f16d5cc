import { deepStrictEqual } from 'node:assert';
import { test } from 'vitest';
import { numberOfName, RECIPIENT, tagOfName, valueName } from './element-names.ts';

test('the stream of a value tells its tag, in any case; no other name does', () => {
  deepStrictEqual(
    [valueName(0x0037_001f), '__SUBSTG1.0_8001000b', '__substg1.0_FFFF0102'].map(tagOfName),
    [0x0037_001f, 0x8001_000b, 0xffff_0102],
  );
  const others = ['__substg1.0_0037001', '__substg1.0_0037001F0', '__substg1.0_0037001g', '__substg1.1_0037001F', ''];
  deepStrictEqual(others.map(tagOfName), [undefined, undefined, undefined, undefined, undefined]);
});

test('the storage of a recipient tells its number of one to eight digits', () => {
  const names = ['', '0', '0000001F', 'fFFFFFFF', '000000000', '-1', '0x1', '1 '].map((digits) => RECIPIENT + digits);
  deepStrictEqual(
    names.map((name) => numberOfName(name, RECIPIENT)),
    [undefined, 0, 31, 0xffff_ffff, undefined, undefined, undefined, undefined],
  );
  deepStrictEqual(numberOfName(`${RECIPIENT.toUpperCase()}A`, RECIPIENT), 10);
});
