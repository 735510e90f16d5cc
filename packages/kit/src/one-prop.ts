/** One property of an object or of a list of values. spec: hrgetoneprop, hrsetoneprop, fpropexists, ppropfindprop */
import { HRESULTS, hresultName, MapiError, type MapiErrorCode } from '@nodemapi/base';
import {
  type IMAPIProp,
  isPropError,
  type PropTag,
  type PropValue,
  PT_UNSPECIFIED,
  propId,
  propType,
  type ValueOf,
} from '@nodemapi/mapi';
import { setPropList } from './prop-access.ts';

/**
 * MAPI: HrGetOneProp. The one value, or an error; never a warning.
 *
 * @throws MAPI_E_NOT_FOUND if the object lacks the property; whatever code its PT_ERROR value holds
 * @see spec: hrgetoneprop
 */
export async function hrGetOneProp<T extends PropTag>(object: IMAPIProp, propTag: T): Promise<PropValue<ValueOf<T>>> {
  const [entry] = (await object.getProps([propTag])).props;
  if (entry === undefined) throw new MapiError('MAPI_E_NOT_FOUND', `no property ${hex(propTag)}`);
  if (isPropError(entry)) throw new MapiError(codeOf(entry.value), `property ${hex(propTag)}`);
  return entry as PropValue<ValueOf<T>>;
}

/**
 * MAPI: HrSetOneProp. Sets the value, or fails.
 *
 * @throws the code for which the object did not take it
 * @see spec: hrsetoneprop
 */
export async function hrSetOneProp(object: IMAPIProp, value: PropValue): Promise<void> {
  const [problem] = await setPropList(object, [value]);
  if (problem !== undefined) throw new MapiError(problem.code, `property ${hex(value.tag)} was not set`);
}

/** MAPI: FPropExists. Whether the object has the property; PT_UNSPECIFIED asks for one of any type. spec: fpropexists */
export async function fPropExists(object: IMAPIProp, propTag: PropTag): Promise<boolean> {
  return (await object.getPropList()).some((found) => isMeant(found, propTag));
}

/** MAPI: PpropFindProp. The value of that tag, or of that identifier for PT_UNSPECIFIED; null if there is none. */
export function ppropFindProp(values: readonly PropValue[], propTag: PropTag): PropValue | null {
  return values.find(({ tag }) => isMeant(tag, propTag)) ?? null;
}

/** MAPI: LpValFindProp. The same under its other name. spec: lpvalfindprop */
export function lpValFindProp(propTag: PropTag, values: readonly PropValue[]): PropValue | null {
  return ppropFindProp(values, propTag);
}

function codeOf(hresult: number): MapiErrorCode {
  const name = hresultName(hresult);
  return Object.hasOwn(HRESULTS, name) ? (name as MapiErrorCode) : 'MAPI_E_CALL_FAILED';
}

function isMeant(found: PropTag, wanted: PropTag): boolean {
  return propType(wanted) === PT_UNSPECIFIED ? propId(found) === propId(wanted) : found === wanted;
}

function hex(propTag: PropTag): string {
  return `0x${propTag.toString(16).padStart(8, '0')}`;
}
