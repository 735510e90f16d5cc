import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { type IncomingMessage, type RequestOptions, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { UsageError } from './command.ts';
import { metricsPlace, serveMetrics } from './metrics-endpoint.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(process.platform === 'win32' ? tmpdir() : '/tmp', 'mapi-metrics-')); // short enough for a socket
});
afterAll(() => rm(directory, { recursive: true, force: true }));

interface Answer {
  readonly status: number | undefined;
  readonly type: string | undefined;
  readonly body: string;
}

async function get(options: RequestOptions): Promise<Answer> {
  const asking = request({ path: '/metrics', ...options }).end();
  const [response] = (await once(asking, 'response')) as [IncomingMessage];
  let body = '';
  for await (const chunk of response) body += String(chunk);
  return { status: response.statusCode, type: response.headers['content-type'], body };
}

const portOf = (address: string): number => Number(new URL(address).port);

describe('the endpoint of the metrics', () => {
  test('GET /metrics answers the text, anything else is refused', async () => {
    await using endpoint = await serveMetrics({ port: 0 }, async () => 'depth 7\n');
    const port = portOf(endpoint.address);
    assert.deepEqual(await get({ port }), {
      status: 200,
      type: 'text/plain; version=0.0.4; charset=utf-8',
      body: 'depth 7\n',
    });
    assert.equal((await get({ port, path: '/metrics?x=1' })).status, 200);
    assert.equal((await get({ port, path: '/' })).status, 404);
    assert.equal((await get({ port, method: 'POST' })).status, 405);
  });

  test('it is to be had on this computer alone', async () => {
    await using endpoint = await serveMetrics({ port: 0 }, async () => '');
    assert.equal(new URL(endpoint.address).hostname, '127.0.0.1');
    await assert.rejects(get({ port: portOf(endpoint.address), host: '::1' }));
  });

  test('metrics that cannot be had are an error of the server, without its text', async () => {
    await using endpoint = await serveMetrics({ port: 0 }, () => Promise.reject(new Error('secret')));
    const { status, body } = await get({ port: portOf(endpoint.address) });
    assert.deepEqual([status, body], [500, 'MAPI_E_CALL_FAILED\n']);
  });

  test('a port that is taken is named', async () => {
    await using first = await serveMetrics({ port: 0 }, async () => '');
    const port = portOf(first.address);
    await assert.rejects(
      serveMetrics({ port }, async () => ''),
      { code: 'MAPI_E_BUSY', detail: new RegExp(`${port}`, 'u') },
    );
  });

  test.skipIf(process.platform === 'win32')('a socket is its owner’s alone, and gone at the end', async () => {
    const path = join(directory, 'own.sock');
    {
      await using _endpoint = await serveMetrics({ path }, async () => 'depth 7\n');
      assert.equal((await stat(path)).mode & 0o777, 0o600);
      assert.equal((await get({ socketPath: path })).body, 'depth 7\n');
      await assert.rejects(
        serveMetrics({ path }, async () => ''),
        { code: 'MAPI_E_BUSY' },
      );
    }
    await assert.rejects(stat(path), { code: 'ENOENT' });
  });

  test.skipIf(process.platform === 'win32')('the socket of a killed process is taken over, a file is not', async () => {
    const path = join(directory, 'stale.sock');
    const code = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
    await once(spawn(process.execPath, ['-e', code]), 'close');
    assert.ok((await stat(path)).isSocket());
    {
      await using _endpoint = await serveMetrics({ path }, async () => 'depth 7\n');
      assert.equal((await get({ socketPath: path })).body, 'depth 7\n');
    }
    const file = join(directory, 'letter.txt');
    await writeFile(file, 'mine');
    await assert.rejects(
      serveMetrics({ path: file }, async () => ''),
      { code: 'MAPI_E_BUSY' },
    );
    assert.ok((await stat(file)).isFile());
  });

  test.skipIf(process.platform === 'win32')(
    'a path too long for a socket is named, and none lies elsewhere',
    async () => {
      const path = join(directory, `${'long'.repeat(30)}.sock`);
      await assert.rejects(
        serveMetrics({ path }, async () => ''),
        { code: 'MAPI_E_INVALID_PARAMETER', detail: /bytes, and the path of a socket 10\d at most/u },
      );
      assert.deepEqual(
        (await readdir(directory)).filter((name) => name.startsWith('long')),
        [],
      );
    },
  );

  test('--metrics is a port or a path', () => {
    assert.deepEqual(metricsPlace('9464', '/here'), { port: 9464 });
    assert.deepEqual(metricsPlace('./mapi.sock', '/here'), { path: '/here/mapi.sock' });
    assert.throws(() => metricsPlace('65536', '/here'), UsageError);
    assert.throws(() => metricsPlace('loopback', '/here'), UsageError);
  });
});
