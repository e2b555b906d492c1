/** Runs cells: those of one pair one after the other, since they share its fixture; pairs side by side, as many as the machine bears. */
import { cellName } from './cells.ts';
import type { Cell, Face } from './cells.ts';
import { absent } from './cases/absent.ts';
import { cases } from './cases/cases.ts';
import type { House } from './house.ts';
import { notApplicable } from './not-applicable.ts';
import type { Pair } from './pair.ts';
import { until } from './pair.ts';

const PAIRS_AT_ONCE = 8;
const CELL_MS = 45_000;

export interface Ran {
  readonly cell: Cell;
  /** Why it failed, in one line. */
  readonly reason: string | undefined;
}

export type Tell = (ran: Ran) => void;

export async function runCells(house: House, cells: readonly Cell[], tell: Tell): Promise<readonly Ran[]> {
  const groups = [...Map.groupBy(cells, ({ client, upstream }) => `${client.name} ${upstream.name}`).values()];
  const done: Ran[] = [];
  const workers = Array.from({ length: PAIRS_AT_ONCE }, async () => {
    for (let group = groups.shift(); group; group = groups.shift()) {
      await runGroup(house, group, (ran) => {
        done.push(ran);
        tell(ran);
      });
    }
  });
  await Promise.all(workers);
  return done;
}

async function runGroup(house: House, group: readonly Cell[], tell: Tell): Promise<void> {
  const [first] = group;
  if (!first) return;
  const entered = await reasonOf(() => enter(house, first.client, first.upstream));
  for (const cell of group) {
    const reason = typeof entered === 'string' ? entered : await reasonOf(() => runCell(cell, entered));
    tell({ cell, reason: typeof reason === 'string' ? reason : undefined });
  }
}

/** The server is there once its tools are listed: a gateway that has just begun lists what is there already. */
async function enter(house: House, client: Face, upstream: Face): Promise<Pair> {
  const pair = await house.enter(client, upstream);
  let last = '';
  const isThere = async (): Promise<boolean> => {
    const tools = await pair.list('tools/list', 'tools').catch((error: unknown) => void (last = String(error)));
    return tools !== undefined && tools.length > 0;
  };
  await until(isThere, 'its tools are listed').catch((error: unknown) => {
    throw new Error(`${String(error)} ${last} ${pair.world.violations().join('; ')}`);
  });
  return pair;
}

export async function runCell(cell: Cell, pair: Pair): Promise<void> {
  const check = notApplicable.some((one) => one.cell === cellName(cell)) ? absent : cases[cell.feature];
  const complaints: string[] = [];
  await check(pair).catch((error: unknown) => complaints.push(reasonIn(error)));
  complaints.push(...pair.world.violations(), ...pair.client.faults());
  if (complaints.length > 0) throw new Error([...new Set(complaints)].join(' | '));
}

/** What it gave, or why it did not in one line. */
async function reasonOf<Gave>(run: () => Promise<Gave>): Promise<Gave | string> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`nothing for ${CELL_MS / 1000} s`)), CELL_MS);
  });
  try {
    return await Promise.race([run(), late]);
  } catch (error) {
    return reasonIn(error);
  } finally {
    clearTimeout(timer);
  }
}

function reasonIn(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replaceAll(/\s+/gu, ' ').slice(0, 600);
}
