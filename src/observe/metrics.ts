/** What `/metrics` shows, in Prometheus' text format 0.0.4: durations of operations, gauges that others register, the process itself. */
import type { Meter, Operation } from '../core/ports/meter.ts';
import type { Time } from '../kernel/time.ts';
import type { Figure, Labels, Reading } from './figure.ts';
import { ProcessFigures } from './process.ts';
import { BOUNDARIES, SeriesTable } from './series.ts';

const HELP: Readonly<Record<string, string>> = {
  gatehouse_server_up: 'Whether an upstream answers (1) or not (0).',
  gatehouse_connections: 'Open connections of clients.',
  gatehouse_sessions: 'Open sessions of clients.',
  gatehouse_streams: 'Open event streams to clients.',
  gatehouse_legs: 'Requests that upstreams have not answered yet.',
  gatehouse_parked_calls: 'Calls that wait for an answer of their client.',
  gatehouse_children: 'Running child processes.',
  gatehouse_snapshots: 'Compiled configurations in memory; more than one only while old calls end.',
  gatehouse_overload:
    'Rung of overload: 0 none, 1 answers end their connections, 2 tool calls are refused, 3 nobody is let in.',
  gatehouse_buffered_bytes: 'Bytes of bodies and results held at once.',
};

export class Metrics implements Meter {
  readonly #served = new SeriesTable();
  readonly #asked = new SeriesTable();
  readonly #gauges = new Map<string, () => Reading>();
  readonly #process: ProcessFigures;

  constructor(time: Time) {
    this.#process = new ProcessFigures(time);
  }

  served(operation: Operation): void {
    this.#served.record(operation);
  }

  asked(operation: Operation): void {
    this.#asked.record(operation);
  }

  /** A name registered again is read from the newer `read`. */
  gauge(name: string, read: () => Reading): void {
    this.#gauges.set(name, read);
  }

  /** To be sent as `text/plain; version=0.0.4; charset=utf-8`. */
  render(): string {
    const lines: string[] = [];
    renderSeries(
      lines,
      'mcp_server_operation_duration_seconds',
      'Duration of operations that clients asked of the gateway.',
      this.#served,
    );
    renderSeries(
      lines,
      'mcp_client_operation_duration_seconds',
      'Duration of operations that the gateway asked of upstreams.',
      this.#asked,
    );
    for (const [name, read] of this.#gauges)
      renderFigure(lines, { name, type: 'gauge', help: HELP[name] ?? name, reading: read() });
    for (const figure of this.#process.read()) renderFigure(lines, figure);
    return `${lines.join('\n')}\n`;
  }

  /** Ends what measures in the background. */
  close(): void {
    this.#process.close();
  }
}

function renderFigure(lines: string[], { name, type, help, reading }: Figure): void {
  head(lines, name, type, help);
  const rows: readonly (readonly [Labels, number])[] = typeof reading === 'number' ? [[{}, reading]] : reading;
  for (const [labels, value] of rows) lines.push(`${name}${labelled(labels)} ${numeral(value)}`);
}

function renderSeries(lines: string[], name: string, help: string, table: SeriesTable): void {
  head(lines, name, 'histogram', help);
  for (const { method, server, errorType, buckets, sum } of table.all()) {
    const labels = { mcp_method_name: method, gatehouse_server: server, error_type: errorType };
    let count = 0;
    for (const [index, more] of buckets.entries()) {
      count += more;
      const boundary = BOUNDARIES[index];
      lines.push(
        `${name}_bucket${labelled({ ...labels, le: boundary === undefined ? '+Inf' : String(boundary) })} ${count}`,
      );
    }
    lines.push(`${name}_sum${labelled(labels)} ${numeral(sum)}`, `${name}_count${labelled(labels)} ${count}`);
  }
}

function head(lines: string[], name: string, type: string, help: string): void {
  lines.push(`# HELP ${name} ${help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}`, `# TYPE ${name} ${type}`);
}

function labelled(labels: Labels): string {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}="${escaped(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

function numeral(value: number): string {
  if (Number.isFinite(value)) return String(value);
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
}
