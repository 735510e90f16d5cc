/** The picture of a contact, told by its bytes. */

export interface ContactPhoto {
  readonly bytes: Uint8Array;
  /** The name that Outlook gives it, with the extension of its kind. */
  readonly fileName: string;
  /** `image/jpeg`, … */
  readonly mimeType: string;
}

/** What the first bytes of a picture say; what says nothing is taken for JPEG. */
const KINDS: readonly (readonly [readonly number[], string, string])[] = [
  [[0xff, 0xd8], 'jpg', 'jpeg'],
  [[0x89, 0x50, 0x4e, 0x47], 'png', 'png'],
  [[0x47, 0x49, 0x46, 0x38], 'gif', 'gif'],
  [[0x42, 0x4d], 'bmp', 'bmp'],
];

export function photoOf(bytes: Uint8Array): ContactPhoto {
  const found = KINDS.find(([magic]) => magic.every((byte, index) => bytes[index] === byte));
  const [, extension, subtype] = found ?? [[], 'jpg', 'jpeg'];
  return { bytes, fileName: `ContactPicture.${extension}`, mimeType: `image/${subtype}` };
}
