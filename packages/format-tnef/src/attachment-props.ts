import {
  ATTACH_BY_VALUE,
  ATTACH_EMBEDDED_MSG,
  ATTACH_OLE,
  PR_ATTACH_DATA_BIN,
  PR_ATTACH_DATA_OBJ,
  PR_ATTACH_METHOD,
  PR_RENDERING_POSITION,
} from '@nodemapi/mapi';
import { ATYP_OLE, type TnefAttachment, type TnefObject, type TnefProp, tnefProp } from './tnef-message.ts';

/**
 * The properties of an attachment as MAPI has them: with the method and the place that only RENDDATA may say, and the
 * bytes of an object that is no message as PR_ATTACH_DATA_BIN.
 */
export function attachmentProps(attachment: TnefAttachment): readonly TnefProp[] {
  const { props, rendData } = attachment;
  const object = props.find(({ tag }) => tag === PR_ATTACH_DATA_OBJ)?.value as TnefObject | undefined;
  const found = props.filter(({ tag }) => tag !== PR_ATTACH_DATA_OBJ);
  if (object !== undefined) found.push({ tag: PR_ATTACH_DATA_BIN, value: object.bytes });
  if (tnefProp(props, PR_ATTACH_METHOD) === undefined)
    found.push({ tag: PR_ATTACH_METHOD, value: methodOf(attachment) });
  if (tnefProp(props, PR_RENDERING_POSITION) === undefined && rendData !== undefined) {
    found.push({ tag: PR_RENDERING_POSITION, value: rendData.position | 0 });
  }
  return found;
}

function methodOf({ message, rendData }: TnefAttachment): number {
  if (message !== undefined) return ATTACH_EMBEDDED_MSG;
  return rendData?.type === ATYP_OLE ? ATTACH_OLE : ATTACH_BY_VALUE;
}
