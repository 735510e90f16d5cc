/** Text with tags in the place of attachments: `[[ title : key in name ]]`. spec: tnef-tagged-message-text */

/** An attachment that has a place in the text. */
export interface TaggedAttachment {
  readonly title: string;
  /** The key of the stream and the order of the attachment. */
  readonly key: number;
  /** The character that the tag stands for. */
  readonly position: number;
}

/** The text in which each attachment's character is replaced by its tag. */
export function tagText(text: string, attachments: readonly TaggedAttachment[], name: string): string {
  const placed = attachments
    .filter(({ position }) => position >= 0 && position < text.length)
    .sort((one, other) => one.position - other.position);
  let tagged = '';
  let from = 0;
  for (const { title, key, position } of placed) {
    if (position < from) continue;
    tagged += `${text.slice(from, position)}[[ ${title} : ${key} in ${name} ]]`;
    from = position + 1;
  }
  return tagged + text.slice(from);
}

/** The text without the tags of `name`, each of which was one character, and where they stood. */
export function untagText(
  tagged: string,
  name: string,
): { readonly text: string; readonly positions: ReadonlyMap<number, number> } {
  const positions = new Map<number, number>();
  let text = '';
  let from = 0;
  for (let start = tagged.indexOf('[['); start >= 0; start = tagged.indexOf('[[', start + 1)) {
    const end = tagged.indexOf(']]', start);
    if (end < 0) break;
    const key = keyOfTag(tagged.slice(start + 2, end), name);
    if (key === undefined || start < from) continue;
    text += tagged.slice(from, start);
    positions.set(key, text.length);
    text += ' ';
    from = end + 2;
  }
  return { text: text + tagged.slice(from), positions };
}

/** The key in ` title : key in name `; undefined for what is none, or of another stream. */
function keyOfTag(inner: string, name: string): number | undefined {
  const suffix = ` in ${name}`;
  const body = inner.trimEnd();
  if (!body.toUpperCase().endsWith(suffix.toUpperCase())) return undefined;
  const key = /: *(\d{1,10})$/.exec(body.slice(0, -suffix.length).slice(-16))?.[1];
  return key === undefined ? undefined : Number(key);
}
