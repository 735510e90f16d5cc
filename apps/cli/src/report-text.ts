/**
 * What a report message is called. Its creator leaves the subject to whoever shows it.
 *
 * spec: required-report-message-properties
 */
const TITLES: readonly (readonly [RegExp, string])[] = [
  [/^REPORT\..*\.NDR$/iu, 'Undeliverable'],
  [/^REPORT\..*\.DR$/iu, 'Delivered'],
  [/^REPORT\..*\.IPNRN$/iu, 'Read'],
  [/^REPORT\..*\.IPNNRN$/iu, 'Not read'],
];

/** The title of a message class that is one of reports; undefined for any other. */
export function reportTitle(messageClass: string): string | undefined {
  return TITLES.find(([pattern]) => pattern.test(messageClass))?.[1];
}
