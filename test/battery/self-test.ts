/** Whether the battery can fail: it must be green on the gateway as it is, and red with each planted fault. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { copyProject, plant } from '../fixtures/planted-faults.ts';
import type { CaseClass } from './case.ts';
import type { Options, Report } from './check.ts';
import { examine, type Examined } from './examination.ts';
import { faults } from './faults.ts';
import { PARTS, type HouseName } from './house.ts';
import { table } from './table.ts';

const SETTLE_MS = 2000;
/** Where nothing is planted it must be again what it was, as long as that takes. */
const SOUND_SETTLE_MS = 30_000;
const PATIENCE_MS = 5000;

export async function selfTest({ tell }: Options): Promise<Report> {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-battery-faults-'));
  try {
    const whole = [...new Set(faults.flatMap(({ classes }) => classes))];
    const sound = await run(whole);
    const red = sound.wrong.map((each) => `${each.case}: ${each.wrong}`);
    tell(red.length === 0 ? 'green without a fault' : `RED without a fault:\n  ${red.join('\n  ')}`);
    const missed: string[] = [];
    copyProject(folder, PARTS);
    for (const fault of faults) {
      const mend = plant(folder, fault);
      const { wrong } = await run(fault.classes, folder);
      mend();
      const [first] = wrong;
      if (!first) missed.push(fault.what);
      tell(first ? `found: ${fault.what} (${first.case}: ${first.wrong})` : `NOT found: ${fault.what}`);
    }
    const found = faults.length - missed.length;
    tell(`${found} of ${faults.length} planted faults found`);
    return { holds: red.length === 0 && missed.length === 0, figures: { planted: faults.length, found, missed, red } };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const run = (names: readonly string[], project?: string): Promise<Examined> =>
  examine(named(names), {
    small: true,
    tell: () => undefined,
    houses: housesOf(names),
    settleMs: project === undefined ? SOUND_SETTLE_MS : SETTLE_MS,
    patienceMs: PATIENCE_MS,
    stopsAtWrong: project !== undefined,
    ...(project === undefined ? {} : { project }),
  });

/** One of those that have what these classes are about. */
function housesOf(names: readonly string[]): readonly HouseName[] {
  const classes = named(names);
  const apart = classes.filter(({ only }) => only !== undefined);
  return [
    ...(apart.length < classes.length ? (['plain'] as const) : []),
    ...(apart.length > 0 ? (['callers'] as const) : []),
  ];
}

/** What waits for deadlines finds nothing of this, and takes long. */
function named(names: readonly string[]): readonly CaseClass[] {
  const unknown = names.filter((name) => !table.some((each) => each.name === name));
  if (unknown.length > 0) throw new Error(`No classes: ${unknown.join()}`);
  return table
    .filter(({ name }) => names.includes(name))
    .map((each) => ({ ...each, cases: each.cases.filter(({ ends }) => ends === undefined) }));
}
