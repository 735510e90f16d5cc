/**
 * The form in which names and addresses are compared for equality: without regard to case, diacritics, the width of
 * characters and white space at the ends; inside, white space counts as one space.
 */
export function nameKey(text: string): string {
  return text.normalize('NFKD').replaceAll(/\p{M}/gu, '').toLowerCase().replaceAll(/\s+/gu, ' ').trim();
}
