/** MAPI messages from MIME and back. */
export { isMimeCut, isMimeLoss, type OxcmailDiagnostic, type Tell } from './diagnostic.ts';
export { headerColumns } from './header-columns.ts';
export type { DeliveryFacts } from './header-props.ts';
export { type MapiToMimeOptions, type MimeForm, mapiToMime, WRITE_DEPTH_MAX } from './mapi-to-mime.ts';
export { mapiToUuencode } from './mapi-to-uuencode.ts';
export { EMBEDDED_DEPTH_MAX, type MimeToMapiOptions, mimeToMapi } from './mime-to-mapi.ts';
export { liesInTheMail, type ReceivedMail, type ReceivedMailOptions, receiveMail } from './received-mail.ts';
