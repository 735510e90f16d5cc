/** Registers tests that are named by the rules they show. */
import { test } from 'vitest';

/** `RULE-001, RULE-002: what they say`, and how it shows. */
export type RuleTest<T> = (title: string, run: (subject: T) => Promise<void>) => void;

export interface Closable {
  close(): Promise<void>;
}

/** Rule id → why the provider cannot be held to it; the reason is shown in the title. */
export type RuleSkips = Readonly<Record<string, string>>;

/** A title of the rules that a test shows, if any, and a sentence. */
export function ruleTitle(ids: string, sentence: string): string {
  return ids === '' ? sentence : `${ids}: ${sentence}`;
}

/** Registers one test, unless the provider cannot be held to one of the rules in its title. */
export function ruleTest(title: string, skips: RuleSkips, run: () => Promise<void>): void {
  const reason = ruleIds(title)
    .map((id) => skips[id])
    .find((each) => each !== undefined);
  if (reason === undefined) test(title, run);
  else test.skip(`${title} (skipped: ${reason})`);
}

/** Makes the `rule` of a suite: each test gets a subject of its own, which is closed whatever happens. */
export function ruleTests<T extends Closable>(open: () => Promise<T>, skips: RuleSkips = {}): RuleTest<T> {
  return (title, run) =>
    ruleTest(title, skips, async () => {
      const subject = await open();
      try {
        await run(subject);
      } finally {
        await subject.close();
      }
    });
}

/** The rules that a title names. */
export function ruleIds(title: string): readonly string[] {
  return title.slice(0, title.indexOf(': ')).split(', ');
}
