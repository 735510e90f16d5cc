import { equal, rejects } from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'vitest';
import { copyAttributes } from './copy-attributes.ts';

const isLinux = process.platform === 'linux';

async function inDirectory(work: (from: string, to: string) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'nodemapi-attributes-'));
  try {
    const [from, to] = [join(directory, '-from'), join(directory, 'to')];
    await writeFile(from, 'content');
    await writeFile(to, '', { mode: 0o600 });
    await work(from, to);
  } finally {
    await rm(directory, { recursive: true });
  }
}

/** Whether an attribute could be set: Python can, where the file system can. */
function setAttribute(path: string): boolean {
  try {
    execFileSync('python3', ['-c', `import os,sys; os.setxattr(sys.argv[1], 'user.note', b'x')`, path], {
      stdio: 'ignore',
    });
    return true;
  } catch {
    return false;
  }
}

describe.runIf(isLinux)('attributes of a file', () => {
  test('are given to another one, which keeps its content', () =>
    inDirectory(async (from, to) => {
      await chmod(from, 0o644);
      if (!(await copyAttributes(from, to))) return; // a system without GNU cp
      equal((await stat(to)).mode & 0o777, 0o644);
      equal(await readFile(to, 'utf8'), '');
    }));

  test('are extended ones, too', (context) =>
    inDirectory(async (from, to) => {
      if (!setAttribute(from) || !(await copyAttributes(from, to)))
        return context.skip('needs Python, GNU cp and a file system with attributes');
      const script = `import os,sys; print(os.getxattr(sys.argv[1], 'user.note').decode())`;
      equal(execFileSync('python3', ['-c', script, to], { encoding: 'utf8' }), 'x\n');
    }));

  test('of a file that is not there are none', () =>
    inDirectory(async (from, to) => {
      if (!(await copyAttributes(from, to))) return;
      await rejects(copyAttributes(`${from}x`, to), { code: 'MAPI_E_NO_ACCESS', message: /No such file/u });
    }));
});
