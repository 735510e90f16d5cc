/**
 * Numbers about what runs, in the text form that Prometheus reads.
 *
 * - Series are bounded: a metric has at most `seriesMax` of them; what comes beyond is counted under the label `other`.
 * - Counting is a map look-up and an addition; gauges are read only when somebody asks for the text.
 * - A gauge that cannot be read is left out and counted, so that one fault does not hide all the rest.
 */
import { MapiError } from './mapi-error.ts';

/** A number that only grows. */
export interface Counter {
  /** @param labels values of the labels, in the order of their names; @param by not negative, default 1 */
  add(labels: readonly string[], by?: number): void;
}

/** How often values fell below each of some bounds. */
export interface Histogram {
  observe(labels: readonly string[], value: number): void;
}

/** A value of a gauge. */
export interface Sample {
  readonly labels: readonly string[];
  readonly value: number;
}

export type ReadGauge = () => readonly Sample[] | Promise<readonly Sample[]>;

/** What is fixed about a metric. */
export interface MetricOptions {
  readonly help: string;
  /** Names of its labels; none if omitted. */
  readonly labels?: readonly string[];
}

export interface GaugeOptions extends MetricOptions {
  /** What several readers of one gauge come to for the same labels; default 'sum'. */
  readonly combine?: 'sum' | 'max';
}

export interface HistogramOptions extends MetricOptions {
  /** Upper bounds of the buckets, ascending; the one without a bound comes by itself. */
  readonly bounds: readonly number[];
}

type Kind = 'counter' | 'gauge' | 'histogram';

interface Metric {
  readonly kind: Kind;
  readonly name: string;
  readonly options: MetricOptions;
  lines(): Promise<readonly string[]>;
}

/** Stands in every label of what came when a metric had all the series it may have. */
const OTHER = 'other';
const seriesMaxDefault = 200;
const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/u;
const FAILED_READS = 'mapi_metrics_failed_reads_total';

/** The metrics of a process. Asking again for a name answers what is there. */
export class Metrics {
  readonly #metrics = new Map<string, Metric>();
  readonly #seriesMax: number;
  readonly #failedReads: Counter;

  /** @param options `seriesMax`: label combinations of one metric */
  constructor(options: { readonly seriesMax?: number } = {}) {
    this.#seriesMax = options.seriesMax ?? seriesMaxDefault;
    this.#failedReads = this.counter(FAILED_READS, { help: 'Gauges that could not be read.', labels: ['metric'] });
  }

  /** @throws MAPI_E_INVALID_PARAMETER for a name that is taken by another kind, or none */
  counter(name: string, options: MetricOptions): Counter {
    return this.#metric(name, 'counter', () => new CounterMetric(name, options, this.#seriesMax));
  }

  /** @throws MAPI_E_INVALID_PARAMETER for a name that is taken by another kind, or none */
  histogram(name: string, options: HistogramOptions): Histogram {
    return this.#metric(name, 'histogram', () => new HistogramMetric(name, options, this.#seriesMax));
  }

  /** Adds a reader, until what is answered is disposed. @throws MAPI_E_INVALID_PARAMETER as above */
  gauge(name: string, options: GaugeOptions, read: ReadGauge): Disposable {
    const failed = (): void => this.#failedReads.add([name]);
    return this.#metric(name, 'gauge', () => new GaugeMetric(name, options, failed)).add(read);
  }

  /** All metrics in the text exposition format 0.0.4, by name. */
  async text(): Promise<string> {
    const sorted = [...this.#metrics.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
    const last = this.#metrics.get(FAILED_READS);
    const lines: string[] = [];
    for (const metric of [...sorted.filter((each) => each !== last), ...(last === undefined ? [] : [last])]) {
      const { kind, name, options } = metric;
      lines.push(`# HELP ${name} ${options.help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}`);
      lines.push(`# TYPE ${name} ${kind}`, ...(await metric.lines()));
    }
    return `${lines.join('\n')}\n`;
  }

  #metric<M extends Metric>(name: string, kind: Kind, make: () => M): M {
    const known = this.#metrics.get(name);
    // a metric of a kind was made by the method of that kind
    if (known?.kind === kind) return known as M;
    if (known !== undefined || !NAME.test(name)) {
      const why = known === undefined ? 'is no name of a metric' : `is a ${known.kind}`;
      throw new MapiError('MAPI_E_INVALID_PARAMETER', `${JSON.stringify(name)} ${why}`);
    }
    const metric = make();
    this.#metrics.set(name, metric);
    return metric;
  }
}

/** What was counted, by labels. */
class Series<V> {
  readonly #values = new Map<string, { readonly labels: readonly string[]; readonly value: V }>();
  readonly #max: number;
  readonly #make: () => V;

  constructor(max: number, make: () => V) {
    this.#max = max;
    this.#make = make;
  }

  of(labels: readonly string[]): V {
    const key = labels.length === 1 ? (labels[0] ?? '') : labels.join('\0');
    const known = this.#values.get(key);
    if (known !== undefined) return known.value;
    if (this.#values.size >= this.#max && !labels.every((label) => label === OTHER))
      return this.of(labels.map(() => OTHER));
    const value = this.#make();
    this.#values.set(key, { labels, value });
    return value;
  }

  all(): Iterable<{ readonly labels: readonly string[]; readonly value: V }> {
    return this.#values.values();
  }
}

class CounterMetric implements Metric, Counter {
  readonly kind = 'counter';
  readonly name: string;
  readonly options: MetricOptions;
  readonly #series: Series<{ count: number }>;

  constructor(name: string, options: MetricOptions, seriesMax: number) {
    this.name = name;
    this.options = options;
    this.#series = new Series(seriesMax, () => ({ count: 0 }));
  }

  add(labels: readonly string[], by = 1): void {
    this.#series.of(labels).count += by;
  }

  async lines(): Promise<readonly string[]> {
    return [...this.#series.all()].map(({ labels, value }) =>
      line(this.name, this.options.labels, labels, value.count),
    );
  }
}

class HistogramMetric implements Metric, Histogram {
  readonly kind = 'histogram';
  readonly name: string;
  readonly options: HistogramOptions;
  readonly #series: Series<{ sum: number; readonly buckets: number[] }>;

  constructor(name: string, options: HistogramOptions, seriesMax: number) {
    this.name = name;
    this.options = options;
    const size = options.bounds.length + 1;
    this.#series = new Series(seriesMax, () => ({ sum: 0, buckets: new Array<number>(size).fill(0) }));
  }

  observe(labels: readonly string[], value: number): void {
    const series = this.#series.of(labels);
    const { bounds } = this.options;
    let index = 0;
    while (index < bounds.length && value > (bounds[index] ?? 0)) index++;
    series.buckets[index] = (series.buckets[index] ?? 0) + 1;
    series.sum += value;
  }

  async lines(): Promise<readonly string[]> {
    const { bounds, labels: names = [] } = this.options;
    const lines: string[] = [];
    for (const { labels, value } of this.#series.all()) {
      let count = 0;
      for (const [index, inBucket] of value.buckets.entries()) {
        count += inBucket;
        const bound = bounds[index];
        const all = [...labels, bound === undefined ? '+Inf' : String(bound)];
        lines.push(line(`${this.name}_bucket`, [...names, 'le'], all, count));
      }
      lines.push(line(`${this.name}_sum`, names, labels, value.sum), line(`${this.name}_count`, names, labels, count));
    }
    return lines;
  }
}

class GaugeMetric implements Metric {
  readonly kind = 'gauge';
  readonly name: string;
  readonly options: GaugeOptions;
  readonly #readers = new Set<{ readonly read: ReadGauge }>();
  readonly #failed: () => void;

  constructor(name: string, options: GaugeOptions, failed: () => void) {
    this.name = name;
    this.options = options;
    this.#failed = failed;
  }

  add(read: ReadGauge): Disposable {
    const reader = { read };
    this.#readers.add(reader);
    return { [Symbol.dispose]: () => void this.#readers.delete(reader) };
  }

  async lines(): Promise<readonly string[]> {
    const values = new Map<string, Sample>();
    for (const { read } of this.#readers) {
      for (const { labels, value } of await this.#read(read)) {
        const key = labels.join('\0');
        const before = values.get(key)?.value;
        const both = before === undefined ? value : this.#combined(before, value);
        values.set(key, { labels, value: both });
      }
    }
    return [...values.values()].map(({ labels, value }) => line(this.name, this.options.labels, labels, value));
  }

  #combined(a: number, b: number): number {
    return this.options.combine === 'max' ? Math.max(a, b) : a + b;
  }

  async #read(read: ReadGauge): Promise<readonly Sample[]> {
    try {
      return await read();
    } catch {
      this.#failed(); // shown as a metric of its own
      return [];
    }
  }
}

function line(name: string, names: readonly string[] = [], labels: readonly string[], value: number): string {
  const pairs = names.map((label, index) => `${label}="${escaped(labels[index] ?? '')}"`);
  return `${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${numberText(value)}`;
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

function numberText(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (Number.isFinite(value)) return String(value);
  return value > 0 ? '+Inf' : '-Inf';
}
