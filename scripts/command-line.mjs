// What a script is asked for. How it is used stands at its head: `--help` prints that, and a wrong option names it.
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

/** The comment at the head of a script, without its slashes. */
export function usageOf(url) {
  const lines = readFileSync(fileURLToPath(url), 'utf8').split('\n');
  const end = lines.findIndex((line) => !line.startsWith('//'));
  return `${lines
    .slice(0, end)
    .map((line) => line.slice(3))
    .join('\n')}\n`;
}

/** What `parseArgs` makes of the arguments by `config`. Ends the program for `--help`, and with 2 where they are wrong. */
export function commandLine(url, config = {}) {
  const help = { type: 'boolean', short: 'h', default: false };
  try {
    const { values, positionals } = parseArgs({ ...config, options: { ...config.options, help } });
    if (!values.help) return { values, positionals };
    process.stdout.write(usageOf(url));
    process.exit(0);
  } catch (error) {
    process.stderr.write(`${basename(fileURLToPath(url), '.mjs')}: ${error.message}\n\n${usageOf(url)}`);
    process.exit(2);
  }
}
