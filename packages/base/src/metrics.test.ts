import assert from 'node:assert/strict';
import { describe, test } from 'vitest';
import { Metrics } from './metrics.ts';

/** Without the metric that is always there. */
async function textOf(metrics: Metrics): Promise<string> {
  return (await metrics.text()).split('# HELP mapi_metrics_failed_reads_total')[0] ?? '';
}

describe('metrics', () => {
  test('the text has help, type, labels and values, by name', async () => {
    const metrics = new Metrics();
    const sent = metrics.counter('sent_total', { help: 'What was\nsent.', labels: ['how'] });
    sent.add(['slow "and" \\ sure\n']);
    sent.add(['fast'], 2);
    metrics.gauge('depth', { help: 'Depth.' }, () => [{ labels: [], value: 7 }]);
    assert.equal(
      await textOf(metrics),
      [
        '# HELP depth Depth.',
        '# TYPE depth gauge',
        'depth 7',
        '# HELP sent_total What was\\nsent.',
        '# TYPE sent_total counter',
        'sent_total{how="slow \\"and\\" \\\\ sure\\n"} 1',
        'sent_total{how="fast"} 2',
        '',
      ].join('\n'),
    );
  });

  test('a value lies in the first bucket whose bound it does not exceed, and buckets add up', async () => {
    const metrics = new Metrics();
    const seconds = metrics.histogram('seconds', { help: 'S.', bounds: [1, 5], labels: ['to'] });
    for (const value of [0.5, 1, 3, 9]) seconds.observe(['x'], value);
    const lines = (await textOf(metrics)).split('\n').slice(2, -1);
    assert.deepEqual(lines, [
      'seconds_bucket{to="x",le="1"} 2',
      'seconds_bucket{to="x",le="5"} 3',
      'seconds_bucket{to="x",le="+Inf"} 4',
      'seconds_sum{to="x"} 13.5',
      'seconds_count{to="x"} 4',
    ]);
  });

  test('labels that never end come together under "other"', async () => {
    const metrics = new Metrics({ seriesMax: 3 });
    const calls = metrics.counter('calls_total', { help: 'C.', labels: ['who', 'what'] });
    for (let index = 0; index < 1000; index++) calls.add([`caller ${index}`, 'x']);
    const lines = (await textOf(metrics)).split('\n').slice(2, -1);
    assert.deepEqual(lines, [
      'calls_total{who="caller 0",what="x"} 1',
      'calls_total{who="caller 1",what="x"} 1',
      'calls_total{who="caller 2",what="x"} 1',
      'calls_total{who="other",what="other"} 997',
    ]);
  });

  test('readers of one gauge come together, and go when they are disposed', async () => {
    const metrics = new Metrics();
    const read = (value: number) => () => [{ labels: ['a'], value }];
    metrics.gauge('sum', { help: 'S.', labels: ['l'] }, read(2));
    const second = metrics.gauge('sum', { help: 'S.', labels: ['l'] }, read(3));
    metrics.gauge('max', { help: 'M.', labels: ['l'], combine: 'max' }, read(2));
    metrics.gauge('max', { help: 'M.', labels: ['l'], combine: 'max' }, read(3));
    assert.match(await metrics.text(), /max\{l="a"\} 3\n[\s\S]*sum\{l="a"\} 5\n/u);
    second[Symbol.dispose]();
    assert.match(await metrics.text(), /sum\{l="a"\} 2\n/u);
  });

  test('a gauge that cannot be read is counted, and hides nothing else', async () => {
    const metrics = new Metrics();
    metrics.gauge('broken', { help: 'B.' }, () => Promise.reject(new Error('closed')));
    metrics.gauge('whole', { help: 'W.' }, () => [{ labels: [], value: 1 }]);
    const text = await metrics.text();
    assert.match(text, /whole 1\n/u);
    assert.match(text, /mapi_metrics_failed_reads_total\{metric="broken"\} 1\n/u);
  });

  test('a name is of one kind, and is a name', () => {
    const metrics = new Metrics();
    metrics.counter('one', { help: '1.' });
    assert.throws(() => metrics.gauge('one', { help: '1.' }, () => []), { code: 'MAPI_E_INVALID_PARAMETER' });
    assert.throws(() => metrics.counter('no name', { help: '' }), { code: 'MAPI_E_INVALID_PARAMETER' });
  });
});
