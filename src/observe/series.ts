/**
 * Durations of operations by method, server and outcome. The first map that a call touches is nested rather than joined: looking up three
 * known words costs a quarter of joining them into one. What outsiders can choose is bounded.
 */
import type { Operation } from '../core/ports/meter.ts';

/** Those of OpenTelemetry's conventions for MCP, with two finer ones before: a gateway's own answers take less than 10 ms. */
export const BOUNDARIES: readonly number[] = [
  0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300,
];

const MAX_SERIES = 2000;
/** Methods and outcomes come from tables; this is for the day on which one does not. */
const MAX_OVERFLOW = 200;
const OTHER = 'other';

export interface Series {
  readonly method: string;
  readonly server: string;
  readonly errorType: string;
  /** One more than boundaries: the last holds what is over all of them. */
  readonly buckets: Float64Array;
  sum: number;
}

export class SeriesTable {
  readonly #byMethod = new Map<string, Map<string, Map<string, Series>>>();
  readonly #all: Series[] = [];
  readonly #overflow = new Map<string, Series>();

  record({ method, server, errorType, seconds }: Operation): void {
    const series = this.#byMethod.get(method)?.get(server)?.get(errorType) ?? this.#open(method, server, errorType);
    let bucket = 0;
    while (bucket < BOUNDARIES.length && seconds > (BOUNDARIES[bucket] ?? 0)) bucket += 1;
    series.buckets[bucket] = (series.buckets[bucket] ?? 0) + 1;
    series.sum += seconds;
  }

  /** In the order of first use. */
  all(): readonly Series[] {
    return [...this.#all, ...this.#overflow.values()];
  }

  #open(method: string, server: string, errorType: string): Series {
    if (this.#all.length >= MAX_SERIES) return this.#openOverflow(method, errorType === '' ? '' : OTHER);
    const series = empty(method, server, errorType);
    this.#all.push(series);
    const servers = this.#byMethod.get(method) ?? new Map<string, Map<string, Series>>();
    const outcomes = servers.get(server) ?? new Map<string, Series>();
    this.#byMethod.set(method, servers.set(server, outcomes.set(errorType, series)));
    return series;
  }

  #openOverflow(method: string, errorType: string): Series {
    const full = this.#overflow.size >= MAX_OVERFLOW;
    const [own, outcome] = full ? [OTHER, OTHER] : [method, errorType];
    const key = `${own}\n${outcome}`;
    const series = this.#overflow.get(key) ?? empty(own, OTHER, outcome);
    this.#overflow.set(key, series);
    return series;
  }
}

function empty(method: string, server: string, errorType: string): Series {
  return { method, server, errorType, buckets: new Float64Array(BOUNDARIES.length + 1), sum: 0 };
}
