/**
 * Puts the verb of a group right behind its group: `mapi headers --timeout 1 move` is `mapi headers move --timeout 1`.
 *
 * What cannot be an option with its value is left where it is, for the parser to name.
 */
import type { CommandSpec, OptionSpec } from './command.ts';

/** Whether an option takes the argument after it; a value that may be missing is a number. undefined: nobody knows it. */
function takesValue(options: readonly OptionSpec[], flag: string, next: string | undefined): boolean | undefined {
  const found = options.find(({ flags }) => flags.split(/[ ,]+/u).includes(flag));
  if (found === undefined) return undefined;
  return found.flags.includes('<') || (found.flags.includes('[') && /^\d/u.test(next ?? ''));
}

/** The first argument from `from` on that is no option and no value of one; undefined if an unknown option comes before it. */
function operandAfter(args: readonly string[], from: number, options: readonly OptionSpec[]): number | undefined {
  for (let at = from; at < args.length; at++) {
    const arg = args[at] ?? '';
    if (arg === '--') return undefined;
    if (!arg.startsWith('-') || arg === '-') return at;
    const needsValue = takesValue(options, arg.replace(/=.*$/su, ''), args[at + 1]);
    if (needsValue === undefined) return undefined;
    if (needsValue && !arg.includes('=')) at++;
  }
  return undefined;
}

/** The same arguments with the verb first. */
export function verbFirst(
  args: readonly string[],
  commands: readonly CommandSpec[],
  globals: readonly OptionSpec[],
): readonly string[] {
  const group = operandAfter(args, 0, globals);
  const verbs = commands.flatMap(({ usage, options = [] }) => {
    const [first, verb] = usage.split(' ');
    return group !== undefined && first === args[group] && /^[a-z]/u.test(verb ?? '') ? [{ verb, options }] : [];
  });
  if (group === undefined || verbs.length === 0) return args;
  const options = [...globals, ...verbs.flatMap((each) => each.options)];
  const at = operandAfter(args, group + 1, options);
  if (at === undefined || !verbs.some(({ verb }) => verb === args[at])) return args;
  return [...args.slice(0, group + 1), args[at] ?? '', ...args.slice(group + 1, at), ...args.slice(at + 1)];
}
