/** What Linux tells of processes in files below /proc. */

/** Such as a process that has just ended, or a system without /proc: what is not told is not known, which is an answer. */
export function unlessMissing<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof Error && 'code' in error) return undefined;
    throw error;
  }
}

/**
 * The fields of `/proc/<pid>/stat` from the third one on, the state; none if there is no text. The second field is a name that
 * may hold anything, but is in brackets.
 */
export function statFields(stat: string | undefined): readonly string[] {
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ') ?? [];
}
