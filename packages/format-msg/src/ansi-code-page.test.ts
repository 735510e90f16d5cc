import assert from 'node:assert/strict';
import { describe, it } from 'vitest';
import { ansiCodePage } from './ansi-code-page.ts';
import { ansiText, htmlBytes } from './text.ts';

describe('the code page of 8-bit strings', () => {
  it.each([
    ['what the message says', { message: 1251, internet: 28591, locale: 1033 }, 1251],
    ['a code page that is none says nothing', { message: 99999, internet: 28595 }, 1251],
    ['UTF-16 is no 8-bit code page', { message: 1200, locale: 1041 }, 932],
    ['Japanese mail', { internet: 50220, locale: 1033 }, 932],
    ['Latin mail of a Japanese', { internet: 28591, locale: 1041 }, 932],
    ['UTF-8 mail of a German', { internet: 65001, locale: 1031 }, 1252],
    ['UTF-8 mail of nobody', { internet: 65001 }, 65001],
    ['Chinese in two ways', { locale: 0x0804 }, 936],
    ['Chinese in two ways', { locale: 0x0404 }, 950],
    ['Serbian in two ways', { locale: 0x0c1a }, 1251],
    ['Croatian', { locale: 0x041a }, 1250],
    ['nothing', {}, 1252],
    ['a locale of 0', { locale: 0, internet: 20127 }, 1252],
  ] as const)('%s', (_what, facts, page) => {
    assert.equal(ansiCodePage(facts), page);
  });

  it('takes what claims to be UTF-8 and is not for windows-1252', () => {
    assert.deepEqual(ansiText(Uint8Array.of(0xe4, 0x20, 0), 65001), { text: 'ä ', lossy: false });
    assert.deepEqual(ansiText(Uint8Array.of(0xc3, 0xa4), 65001), { text: 'ä', lossy: false });
  });

  it('writes characters that a code page lacks as references', () => {
    assert.equal(Buffer.from(htmlBytes('<p>a😀ü</p>', 1252)).toString('latin1'), '<p>a&#128512;ü</p>');
  });
});
