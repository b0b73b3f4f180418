/** One number of Prometheus' text format, with its labels. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const LINE = /^([A-Za-z_:][\w:]*)(?:\{(.*)\})?\s+(\S+)/;
const LABEL = /([A-Za-z_]\w*)="((?:[^"\\]|\\.)*)"/g;

/** Reads Prometheus' text format, as far as this server writes it. */
function parseSamples(text: string): readonly Sample[] {
  return text.split('\n').flatMap((line) => {
    const match = line.startsWith('#') ? null : LINE.exec(line);
    if (!match) return [];
    const [, name = '', labels = '', value = ''] = match;
    return [{ name, labels: labelsOf(labels), value: numberOf(value) }];
  });
}

function labelsOf(text: string): Record<string, string> {
  return Object.fromEntries(
    [...text.matchAll(LABEL)].map(([, name = '', value = '']) => [name, value.replace(/\\(.)/g, '$1')]),
  );
}

function numberOf(text: string): number {
  if (text === '+Inf') return Number.POSITIVE_INFINITY;
  return text === '-Inf' ? Number.NEGATIVE_INFINITY : Number(text);
}

/** A reading of `/metrics`, asked by name. */
export class Samples {
  readonly #samples: readonly Sample[];
  /** When it was taken, ms of a clock that only goes forward. */
  readonly at: number;

  constructor(text: string, at: number) {
    this.#samples = parseSamples(text);
    this.at = at;
  }

  /** The sum of a metric over all its labels; null if there is none of that name. */
  sum(name: string, labels: Readonly<Record<string, string>> = {}): number | null {
    const found = this.#samples.filter(
      (sample) =>
        sample.name === name && Object.entries(labels).every(([key, value]) => sample.labels[key] === value),
    );
    return found.length === 0 ? null : found.reduce((sum, { value }) => sum + value, 0);
  }

  /** A metric by the values of one label. */
  by(name: string, label: string): Readonly<Record<string, number>> {
    const found = this.#samples.filter((sample) => sample.name === name);
    return Object.fromEntries(found.map(({ labels, value }) => [labels[label] ?? '', value]));
  }

  /** A histogram's counts up to each bound, ascending. */
  buckets(name: string): readonly { readonly bound: number; readonly count: number }[] {
    return Object.entries(this.by(`${name}_bucket`, 'le'))
      .map(([bound, count]) => ({ bound: numberOf(bound), count }))
      .sort((a, b) => a.bound - b.bound);
  }
}
