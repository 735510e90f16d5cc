/** Subjects as files keep them: the prefix (`RE: `) is marked by its length. [MS-PST] 2.5.3.1.1.1 */

export interface SubjectParts {
  readonly subject: string;
  readonly prefix: string;
  readonly normalized: string;
}

const MARK = '\u0001';

/** Splits the stored form: a mark, a character whose code is the length of the prefix and one more, the subject. */
export function splitSubject(stored: string): SubjectParts {
  if (!stored.startsWith(MARK) || stored.length < 2) return { subject: stored, prefix: '', normalized: stored };
  const subject = stored.slice(2);
  const length = Math.min(Math.max(0, stored.charCodeAt(1) - 1), subject.length);
  return { subject, prefix: subject.slice(0, length), normalized: subject.slice(length) };
}

/** The stored form. */
export function joinSubject(subject: string, prefix: string): string {
  if (prefix === '' || prefix.length > 0xfffe || !subject.startsWith(prefix)) return subject;
  return `${MARK}${String.fromCharCode(prefix.length + 1)}${subject}`;
}
