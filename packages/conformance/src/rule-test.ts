/** Registers tests that are named by the rules they show. */
import { test } from 'vitest';

/** `RULE-001, RULE-002: what they say`, and how it shows. */
export type RuleTest<T> = (title: string, run: (subject: T) => Promise<void>) => void;

export interface Closable {
  close(): Promise<void>;
}

/** Makes the `rule` of a suite: each test gets a subject of its own, which is closed whatever happens. */
export function ruleTests<T extends Closable>(
  open: () => Promise<T>,
  skips: Readonly<Record<string, string>> = {},
): RuleTest<T> {
  return (title, run) => {
    const reason = ruleIds(title)
      .map((id) => skips[id])
      .find((each) => each !== undefined);
    if (reason !== undefined) {
      test.skip(`${title} (skipped: ${reason})`);
      return;
    }
    test(title, async () => {
      const subject = await open();
      try {
        await run(subject);
      } finally {
        await subject.close();
      }
    });
  };
}

/** The rules that a title names. */
export function ruleIds(title: string): readonly string[] {
  return title.slice(0, title.indexOf(': ')).split(', ');
}
