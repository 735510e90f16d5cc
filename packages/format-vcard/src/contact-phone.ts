/** What a number is for, in the words of the table of telephones. */
import { typesOf, type VCardLine } from './vcard-line.ts';

/** Words of other programs, and those that say no more than that one can speak. */
const MEANT: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries({
    homefax: ['home', 'fax'],
    workfax: ['work', 'fax'],
    otherfax: ['fax'],
    mobile: ['cell'],
    iphone: ['cell'],
    msg: ['voice'],
    video: ['voice'],
    bbs: ['voice'],
    modem: ['voice'],
    pcs: ['cell'],
  }),
);
const SAYS_A_PLACE = new Set('home work fax cell pager car isdn pref main textphone voice'.split(' '));

/** The words of TYPE; a number without any is one to speak to. [MS-OXVCARD] 2.1.3.3.1 */
export function phoneTypes(line: VCardLine): ReadonlySet<string> {
  const types = new Set([...typesOf(line)].flatMap((type) => MEANT.get(type) ?? [type]));
  if (line.parameters.get('PREF')?.[0] === '1') types.add('pref');
  if (![...types].some((type) => SAYS_A_PLACE.has(type))) types.add('voice');
  return types;
}

/** The number of a `tel:` URI, with its extension as people write it; other text as it is. RFC 3966 */
export function phoneNumber(text: string): string {
  const [, uri] = /^tel:(.*)$/is.exec(text) ?? [];
  if (uri === undefined) return text;
  const [number = '', ...parameters] = uri.split(';');
  const extension = parameters.find((each) => /^ext=/i.test(each))?.slice(4);
  // a local number is none without the place where it is dialled
  const context = parameters.find((each) => /^phone-context=\+/i.test(each))?.replace(/^.*=/, '');
  const whole = number.startsWith('+') || context === undefined ? number : `${context} ${number}`;
  return [whole, ...(extension === undefined ? [] : [`x${extension}`])].map(percentDecoded).join(' ').trim();
}

function percentDecoded(text: string): string {
  return text.replaceAll(/%([2-7][0-9a-f])/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
}
