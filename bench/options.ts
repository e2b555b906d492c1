/** What `npm run bench` was asked for. What is named but not built yet is refused, never ignored. */
import { parseArgs } from 'node:util';
import { laneNames, STDIO } from './parts/stdio.ts';
import type { LaneName } from './parts/stdio.ts';
import { workloadNames } from './workloads.ts';
import type { WorkloadName } from './workloads.ts';

export const partNames = [...workloadNames, STDIO, 'latency', 'idle', 'million'] as const;
export type PartName = (typeof partNames)[number];

export const subjectNames = ['direct', 'nginx', 'haproxy', 'gatehouse'] as const;
export type SubjectName = (typeof subjectNames)[number];

export interface Options {
  readonly quick: boolean;
  readonly json: boolean;
  /** Everything was asked for, so that the result is worth keeping; or keeping it was asked for. */
  readonly write: boolean;
  readonly rounds: number | undefined;
  readonly parts: readonly PartName[];
  readonly workloads: readonly WorkloadName[];
  readonly subjects: readonly SubjectName[];
  readonly lane: readonly LaneName[];
  readonly against: string | undefined;
}

export class WrongUsage extends Error {}

const later = ['governed', 'observed'];
const MOST_ROUNDS = 1000;

export function options(args: readonly string[]): Options {
  const values = parse(args);
  const { quick = false, json = false, only, subjects, against } = values;
  const parts = chosen('--only', only ?? (quick ? 'json-300b' : partNames.join()), partNames);
  const names = chosen('--subjects', subjects ?? (quick ? [...laneNames, 'nginx'] : everybody).join(), everybody);
  return {
    quick,
    json,
    write: values.write ?? (!quick && only === undefined && subjects === undefined),
    rounds: values.rounds === undefined ? undefined : count(values.rounds),
    parts,
    workloads: workloadNames.filter((name) => parts.includes(name)),
    subjects: subjectNames.filter((name) => names.includes(name)),
    lane: laneNames.filter((name) => names.includes(name)),
    against,
  };
}

const everybody = [...new Set([...subjectNames, ...laneNames])];

function parse(args: readonly string[]) {
  const flag = { type: 'boolean' } as const;
  const text = { type: 'string' } as const;
  const known = { quick: flag, json: flag, write: flag, only: text, subjects: text, rounds: text, against: text };
  try {
    return parseArgs({ args: [...args], options: known }).values;
  } catch (error) {
    throw new WrongUsage(error instanceof Error ? error.message : String(error));
  }
}

/** In the order of the tables, whatever the order asked for. */
function chosen<Name extends string>(option: string, list: string, known: readonly Name[]): readonly Name[] {
  const names = list.split(',').map((name) => name.trim());
  for (const name of names) {
    if (known.some((each) => each === name)) continue;
    throw new WrongUsage(
      later.includes(name)
        ? `${option} ${name} comes in a later version.`
        : `${option} knows ${known.join(', ')}, not ${name}.`,
    );
  }
  return known.filter((name) => names.includes(name));
}

function count(text: string): number {
  const rounds = /^\d+$/.test(text) ? Number(text) : 0;
  if (rounds < 1 || rounds > MOST_ROUNDS) throw new WrongUsage(`--rounds takes 1 to ${MOST_ROUNDS}, not ${text}.`);
  return rounds;
}
