/** What the gateway promises of its own speed and memory, on two cores and idle neighbours. Held to by the full form, never by a test. */
import type { BarSeen, Measured } from './report.ts';

interface Bar {
  readonly name: string;
  readonly atMost?: number;
  readonly atLeast?: number;
  readonly unit: string;
  /** `undefined` where it was not measured. */
  readonly seen: (measured: Measured) => number | undefined;
}

const bars: readonly Bar[] = [
  ...Object.entries({
    'json-300b': 2.2,
    'text-20kb': 2.5,
    'json-20kb': 2.5,
    'request-20kb': 2.5,
    'sse-300b': 2.2,
    'tls-300b': 2.3,
  }).map(([workload, atMost]) => ratioBar(`gatehouse/nginx ${workload}`, { atMost })),
  ratioBar('mcp-proxy/gatehouse stdio-300b', { atLeast: 10 }),
  ratioBar('supergateway/gatehouse stdio-300b', { atLeast: 10 }),
  {
    name: 'p50 at 2,000 requests/s, beyond nginx',
    atMost: 0.15,
    unit: 'ms',
    seen: ({ latency }) => latency?.added['gatehouse']?.p50Ms.median,
  },
  {
    name: 'p99 at 2,000 requests/s, beyond nginx',
    atMost: 1,
    unit: 'ms',
    seen: ({ latency }) => latency?.added['gatehouse']?.p99Ms.median,
  },
  ...Object.entries({ get: 8, listen: 8, 'get-tls': 60, 'listen-tls': 60 }).map(([kind, atMost]): Bar => ({
    name: `idle stream, ${kind}`,
    atMost,
    unit: 'KB',
    seen: ({ idle }) => idle?.kbPerStream[kind],
  })),
  ...Object.entries({ 'json-300b': 150, 'text-20kb': 260 }).flatMap(([workload, atMost]): readonly Bar[] => [
    {
      name: `peak memory, ${workload} in a row`,
      atMost,
      unit: 'MB',
      seen: ({ million }) => million?.[workload]?.peakRssMb,
    },
    {
      name: `growth in the last 30 %, ${workload} in a row`,
      atMost: 5,
      unit: 'MB',
      seen: ({ million }) => million?.[workload]?.growthMb,
    },
  ]),
];

/** Those of what was measured. */
export function judged(measured: Measured): readonly BarSeen[] {
  return bars.flatMap(({ name, atMost, atLeast, unit, seen: look }) => {
    const seen = look(measured);
    if (seen === undefined) return [];
    const holds = atMost === undefined ? seen >= (atLeast ?? Number.NaN) : seen <= atMost;
    const bar = atMost === undefined ? `at least ${atLeast}` : `at most ${atMost}`;
    return [{ name, bar: `${bar} ${unit}`.trim(), seen, holds }];
  });
}

function ratioBar(name: string, bar: Pick<Bar, 'atMost' | 'atLeast'>): Bar {
  return { name, ...bar, unit: '', seen: ({ ratios }) => ratios[name]?.median };
}
