import fc from 'fast-check';

/** Text of what matters to SMTP, and of everything else: control characters, Latin letters, halves of pairs. */
export function anyText(): fc.Arbitrary<string> {
  const telling = fc.constantFrom(...'0245 -.:;<>@"\\\r\n\0', '250', '550');
  const any = fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit));
  return fc.array(fc.oneof(telling, any)).map((parts) => parts.join(''));
}
