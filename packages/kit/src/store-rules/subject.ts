/** The parts of a subject. spec: pidtagnormalizedsubject-canonical-property, pidtagsubjectprefix-canonical-property */

export interface SubjectParts {
  /** Empty if the subject has none; otherwise it ends where the rest begins, blanks included. */
  readonly prefix: string;
  /** PR_NORMALIZED_SUBJECT */
  readonly normalized: string;
}

/** One to three letters, a colon and a blank. */
const COMPUTED_PREFIX = /^\p{L}{1,3}: /u;

/**
 * Splits a subject, as every save of a message does.
 *
 * @param explicitPrefix PR_SUBJECT_PREFIX as it was set; it counts if the subject begins with it, whatever its length
 */
export function splitSubject(subject: string, explicitPrefix?: string): SubjectParts {
  const prefix =
    explicitPrefix !== undefined && subject.startsWith(explicitPrefix)
      ? explicitPrefix
      : (COMPUTED_PREFIX.exec(subject)?.[0] ?? '');
  return { prefix, normalized: subject.slice(prefix.length) };
}
