import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { checkPst, nodeFileSystem } from 'nodemapi';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { EML, listOf, TestHome } from './io.testing.ts';

let home: TestHome;

beforeAll(async () => {
  home = await TestHome.withProfile();
  await home.file('plan.eml', EML);
  await home.ok('folder', 'create', 'Old');
  await home.ok('folder', 'create', 'Old/Deep');
  await home.ok('import', 'plan.eml', '--to', 'Old/Deep');
});
afterAll(() => home[Symbol.asyncDispose]());

describe('.pst files', () => {
  test('a folder is exported with those below it, soundly, and is shown by dump', async () => {
    const { value } = await home.json('export', 'Old', '--as', 'pst', '--out', 'out');
    assert.deepEqual(value, { read: 1, written: 1, failed: [], lacking: [] });
    await using file = await nodeFileSystem.openRead(join(home.directory, 'out/Old.pst'));
    assert.deepEqual((await checkPst(file)).problems, []);
    const dumped = (await home.json('dump', 'out/Old.pst')).value;
    const folder = listOf(dumped, 'folders').find(({ path }) => String(path).endsWith('Old/Deep'));
    assert(folder);
    assert.equal(listOf(folder, 'messages').length, 1);
  });

  test('it is imported with its folders, and messages are what they were', async () => {
    await home.ok('folder', 'create', 'Again');
    const { value } = await home.json('import', 'out/Old.pst', '--to', 'Again');
    assert.deepEqual(value, { read: 1, written: 1, failed: [] });
    const tags = ['--columns', 'PR_SUBJECT,PR_DISPLAY_TO,PR_HASATTACH'];
    const [before, after] = [
      (await home.json('list', 'Old/Deep', ...tags)).value,
      (await home.json('list', 'Again/Old/Deep', ...tags)).value,
    ];
    assert.deepEqual(listOf(after, 'rows'), listOf(before, 'rows'));
  });

  test('a file that is there is left alone, and none stays of an export that failed', async () => {
    const { code, out } = await home.run('export', 'Old', '--as', 'pst', '--out', 'out', '--json');
    assert.equal(code, 1);
    assert.match(out, /MAPI_E_COLLISION/);
    await home.run('export', 'Nowhere', '--as', 'pst', '--out', 'out');
    assert.equal(existsSync(join(home.directory, 'out/Nowhere.pst')), false);
    assert.equal(existsSync(join(home.directory, 'out/Nowhere.pst.part')), false);
  });

  test('one is a store of a profile by its name here; one that is gone is told, beside the other stores', async () => {
    await using other = await TestHome.withProfile();
    await other.file('plan.eml', EML);
    await other.ok('import', 'plan.eml');
    await other.ok('export', 'Inbox', '--as', 'pst', '--out', 'out');
    const nowhere = await other.run('service', 'add', 'pst', 'path=Inbox.pst');
    assert.equal(nowhere.code, 1);
    assert.match(nowhere.err, /there is no file .*Inbox\.pst \(MAPI_E_NOT_FOUND\)/u);
    await other.ok('service', 'add', 'pst', 'path=out/Inbox.pst');
    assert.equal((await other.ok('folders')).match(/^\S.*/gmu)?.length, 2);
    assert.match(await other.ok('check'), /✓ work: .*out\/Inbox\.pst/u);
    await rename(join(other.directory, 'out/Inbox.pst'), join(other.directory, 'gone.pst'));
    const { code, out, err } = await other.run('folders');
    assert.deepEqual([code, out.match(/^\S.*/gmu)?.length], [3, 1]);
    assert.match(err, /^mapi: the store .* cannot be used: .*Inbox\.pst.* \(MAPI_E_[A-Z_]+\); see: mapi check$/mu);
    const checked = await other.run('check');
    assert.equal(checked.code, 1);
    assert.match(checked.out, /✗ work: .*\n {4}.*Inbox\.pst.*\(MAPI_E_NOT_FOUND\)/u);
  });

  test('a file that is none is refused by name', async () => {
    await home.file('bad.pst', 'this is no PST');
    const { code, out } = await home.run('import', 'bad.pst', '--to', 'Again', '--json');
    assert.equal(code, 1);
    assert.match(out, /MAPI_E_CORRUPT_DATA/);
    assert.match(out, /bad\.pst/);
  });
});
