export type Labels = Readonly<Record<string, string>>

/** Names as https://prometheus.io/docs/practices/naming/ asks for: base units, `_total` for counters. */
export interface MetricDefinition {
  readonly name: string
  readonly help: string
}

/** Something that is written as lines of Prometheus' text format, version 0.0.4. */
export interface Metric {
  lines(): readonly string[]
}

/** A number for each set of labels. */
export class NumberMetric implements Metric {
  readonly #definition: MetricDefinition
  readonly #type: 'counter' | 'gauge'
  readonly #values = new Map<string, { readonly labels: Labels; value: number }>()

  constructor(type: 'counter' | 'gauge', definition: MetricDefinition) {
    this.#type = type
    this.#definition = definition
  }

  add(labels: Labels, by = 1): void {
    this.#entry(labels).value += by
  }

  set(labels: Labels, value: number): void {
    this.#entry(labels).value = value
  }

  clear(): void {
    this.#values.clear()
  }

  /** What has not happened is 0 and not absent: else the first time it does is no increase to Prometheus. */
  expect(...labels: readonly Labels[]): void {
    for (const each of labels) this.add(each, 0)
  }

  lines(): readonly string[] {
    const { name } = this.#definition
    const samples = [...this.#values.values()].map(
      ({ labels, value }) => `${name}${labelsText(labels)} ${numberText(value)}`,
    )
    return [...head(this.#definition, this.#type), ...samples]
  }

  #entry(labels: Labels): { value: number } {
    const key = keyOf(labels)
    let entry = this.#values.get(key)
    if (entry === undefined) this.#values.set(key, (entry = { labels, value: 0 }))
    return entry
  }
}

/** Metrics that are written one after the other, as they were made. */
export class MetricGroup implements Metric {
  readonly #metrics: Metric[] = []

  counter(name: string, help: string): NumberMetric {
    return this.#add(new NumberMetric('counter', { name, help }))
  }

  gauge(name: string, help: string): NumberMetric {
    return this.#add(new NumberMetric('gauge', { name, help }))
  }

  histogram(name: string, help: string, bounds: readonly number[]): HistogramMetric {
    return this.#add(new HistogramMetric({ name, help }, bounds))
  }

  lines(): readonly string[] {
    return this.#metrics.flatMap((metric) => metric.lines())
  }

  #add<M extends Metric>(metric: M): M {
    this.#metrics.push(metric)
    return metric
  }
}

interface Distribution {
  readonly counts: number[]
  sum: number
  count: number
}

/** How values are spread, for each set of labels, in buckets that end at `bounds`. */
export class HistogramMetric implements Metric {
  readonly #definition: MetricDefinition
  readonly #bounds: readonly number[]
  readonly #values = new Map<string, { readonly labels: Labels; readonly seen: Distribution }>()

  constructor(definition: MetricDefinition, bounds: readonly number[]) {
    this.#definition = definition
    this.#bounds = bounds
  }

  observe(labels: Labels, value: number): void {
    const key = keyOf(labels)
    const entry = this.#values.get(key) ?? {
      labels,
      seen: { counts: this.#bounds.map(() => 0), sum: 0, count: 0 },
    }
    this.#values.set(key, entry)
    const { seen } = entry
    seen.sum += value
    seen.count += 1
    const bucket = this.#bounds.findIndex((bound) => value <= bound)
    if (bucket >= 0) seen.counts[bucket] = (seen.counts[bucket] ?? 0) + 1
  }

  lines(): readonly string[] {
    const { name } = this.#definition
    const samples = [...this.#values.values()].flatMap(({ labels, seen }) => {
      let below = 0
      const buckets = this.#bounds.map((bound, at) => {
        below += seen.counts[at] ?? 0
        return `${name}_bucket${labelsText({ ...labels, le: numberText(bound) })} ${below}`
      })
      return [
        ...buckets,
        `${name}_bucket${labelsText({ ...labels, le: '+Inf' })} ${seen.count}`,
        `${name}_sum${labelsText(labels)} ${numberText(seen.sum)}`,
        `${name}_count${labelsText(labels)} ${seen.count}`,
      ]
    })
    return [...head(this.#definition, 'histogram'), ...samples]
  }
}

const head = ({ name, help }: MetricDefinition, type: string): readonly string[] => [
  `# HELP ${name} ${help.replaceAll('\\', String.raw`\\`).replaceAll('\n', String.raw`\n`)}`,
  `# TYPE ${name} ${type}`,
]

/**
 * Of one metric, whose labels always have the same names in the same order. Found at every event: of one label it is the text
 * that is there already, and no new one.
 */
function keyOf(labels: Labels): string {
  let key: string | undefined
  for (const name in labels) {
    const value = labels[name] ?? ''
    key = key === undefined ? value : `${key}\0${value}`
  }
  return key ?? ''
}

function labelsText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`)
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}

const escaped = (value: string): string =>
  value
    .replaceAll('\\', String.raw`\\`)
    .replaceAll('"', String.raw`\"`)
    .replaceAll('\n', String.raw`\n`)

function numberText(value: number): string {
  if (Number.isFinite(value)) return String(value)
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf'
}
