/** What file names and media types tell of each other. */
import libmime from 'libmime';

const OCTETS = 'application/octet-stream';
/** Types whose first registered extension is not the one that people expect. */
const USUAL: Readonly<Record<string, string>> = {
  'image/jpeg': 'jpg',
  'message/delivery-status': 'txt',
  'message/disposition-notification': 'txt',
  'message/feedback-report': 'txt',
  'message/rfc822': 'eml',
  'text/html': 'htm',
  'text/plain': 'txt',
  'text/rfc822-headers': 'txt',
};

/** The usual extension of a media type, without a dot; 'bin' if there is none. */
export function extensionOfType(contentType: string): string {
  return USUAL[contentType] ?? libmime.detectExtension(contentType);
}

/** The media type of a file name by its extension; application/octet-stream if it tells nothing. */
export function typeOfFileName(fileName: string): string {
  const extension = /\.([A-Za-z0-9_-]{1,20})$/.exec(fileName)?.[1];
  return extension === undefined ? OCTETS : libmime.detectMimeType(extension.toLowerCase());
}
