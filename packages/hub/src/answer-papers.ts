/**
 * Answers that must not get lost with the hub, nor with the process that gives them and is gone a moment later: they lie on
 * the disk before the hub is told, until who asked has taken them.
 */
import { createHash } from 'node:crypto';
import type { Papers } from './papers.ts';

export interface KeptAnswer {
  readonly from: string;
  readonly body: unknown;
}

/** @param question its name, 16 hexadecimal digits. @param from whose answer it is */
export function keepAnswer(papers: Papers, question: string, from: string, body: unknown): void {
  papers.put('answer', nameOf(question, from), JSON.stringify({ from, body }));
}

/** The answers to a question that lie there. */
export async function keptAnswers(papers: Papers, question: string): Promise<readonly KeptAnswer[]> {
  const found = await papers.read('answer', `${question}-`);
  return found.flatMap(({ name, text }) => {
    const answer = parsed(text);
    return answer !== undefined && name === nameOf(question, answer.from) ? [answer] : [];
  });
}

/** They have been taken. */
export async function forgetAnswers(papers: Papers, question: string): Promise<void> {
  for (const { name } of await papers.read('answer', `${question}-`)) await papers.remove('answer', name);
}

/** A name of another process never becomes a path. */
function nameOf(question: string, from: string): string {
  return `${question}-${createHash('sha256').update(from).digest('hex').slice(0, 16)}`;
}

/** One that a full disk or a foreign hand has left broken is none. */
function parsed(text: string): KeptAnswer | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || !('from' in value) || !('body' in value)) return undefined;
    return typeof value.from === 'string' ? { from: value.from, body: value.body } : undefined;
  } catch {
    return undefined;
  }
}
