/** `mapi help`: of the program, of a command, and of topics that are no commands. */
import type { Command } from 'commander';
import { WHERE_GRAMMAR } from './where-help.ts';

const TOPICS: Readonly<Record<string, string>> = { where: WHERE_GRAMMAR };

/** Adds `help [words...]`. */
export function addHelp(program: Command): void {
  program
    .command('help [words...]')
    .summary('Show the help of a command; help where: the expressions of list --where.')
    .description('Shows the help of a command, or of a topic. Topics: where (the expressions of mapi list --where).')
    .action((words: readonly string[]) => {
      const topic = words.length === 1 ? TOPICS[words[0] ?? ''] : undefined;
      if (topic === undefined) helpOf(program, words).outputHelp();
      else program.configureOutput().writeOut?.(topic);
    });
}

function helpOf(program: Command, words: readonly string[]): Command {
  let command = program;
  for (const word of words) {
    const next = command.commands.find((candidate) => candidate.name() === word);
    if (next === undefined) program.error(`error: there is no help for "${words.join(' ')}"`, { exitCode: 2 });
    command = next;
  }
  return command;
}
