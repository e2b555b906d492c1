/** Latency at a fixed rate (open loop): what a subject adds for a client when it is not busy. */
import { load } from '../load.ts';
import type { Loaded } from '../load.ts';
import { CONNECTIONS } from '../rounds.ts';
import { median, rounded, spread } from '../statistics.ts';
import type { Spread } from '../statistics.ts';
import { aim } from '../subjects/subject.ts';
import type { Subject } from '../subjects/subject.ts';
import { toolCall, workloads } from '../workloads.ts';

const RATE = 2000;
const WARM_UP_CALLS = 4000;

export interface Latency {
  readonly rate: number;
  readonly connections: number;
  readonly subjects: Readonly<Record<string, Percentiles>>;
  /** In milliseconds, round by round, to nginx. */
  readonly added: Readonly<Record<string, { readonly p50Ms: Spread; readonly p99Ms: Spread }>>;
}

export interface Percentiles {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
}

export async function latency(
  subjects: readonly Subject[],
  how: { readonly rounds: number; readonly seconds: number; readonly tell: (text: string) => void },
): Promise<Latency> {
  const workload = workloads['json-300b'];
  const aims = subjects.map((subject) => aim(subject, workload));
  const measured = new Map<string, Loaded[]>(aims.map(({ name }) => [name, []]));
  for (let round = 0; round <= how.rounds; round += 1) {
    for (const { name, url, tool } of aims) {
      const call = toolCall(tool, 1, workload.arguments);
      const calls = round === 0 ? WARM_UP_CALLS : RATE * how.seconds;
      const loaded = await load({ url, call, connections: CONNECTIONS, calls, rate: RATE });
      if (round > 0) measured.get(name)?.push(loaded);
    }
    if (round > 0) how.tell(`  round ${round}/${how.rounds}: ${told(measured)}`);
  }
  return { rate: RATE, connections: CONNECTIONS, ...compared(measured) };
}

export function compared(measured: ReadonlyMap<string, readonly Percentiles[]>): Pick<Latency, 'subjects' | 'added'> {
  const nginx = measured.get('nginx');
  const middle = (rounds: readonly Percentiles[], pick: (one: Percentiles) => number): number =>
    rounded(median(rounds.map(pick)));
  const added = (rounds: readonly Percentiles[], pick: (one: Percentiles) => number): Spread =>
    spread(rounds.map((one, index) => pick(one) - (nginx?.[index] ? pick(nginx[index]) : Number.NaN)));
  const others = nginx ? [...measured].filter(([name]) => name !== 'nginx') : [];
  return {
    subjects: Object.fromEntries(
      [...measured].map(([name, rounds]) => [
        name,
        {
          p50Ms: middle(rounds, ({ p50Ms }) => p50Ms),
          p99Ms: middle(rounds, ({ p99Ms }) => p99Ms),
          p999Ms: middle(rounds, ({ p999Ms }) => p999Ms),
        },
      ]),
    ),
    added: Object.fromEntries(
      others.map(([name, rounds]) => [
        name,
        { p50Ms: added(rounds, ({ p50Ms }) => p50Ms), p99Ms: added(rounds, ({ p99Ms }) => p99Ms) },
      ]),
    ),
  };
}

function told(measured: ReadonlyMap<string, readonly Loaded[]>): string {
  return [...measured]
    .map(([name, rounds]) => {
      const { p50Ms = 0, p99Ms = 0 } = rounds.at(-1) ?? {};
      return `${name} ${p50Ms.toFixed(2)} and ${p99Ms.toFixed(2)} ms`;
    })
    .join(', ');
}
