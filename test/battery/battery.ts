/** Runs a table of cases on every listener, in every delivery, and says what was wrong. */
import type { Case, CaseClass } from './case.ts';
import type { Delivery } from './delivery.ts';
import type { Listener } from './house.ts';
import { attempt, type Outcome, type Trial } from './trial.ts';

export interface Running {
  readonly listeners: readonly Listener[];
  /** Fewer deliveries. */
  readonly small: boolean;
  readonly tell: (line: string) => void;
  readonly patienceMs?: number | undefined;
  /** Leaves out the rest once something was wrong. */
  readonly stopsAtWrong?: boolean | undefined;
}

export interface Wrong {
  readonly case: string;
  readonly follows: string;
  readonly listener: string;
  readonly route: string;
  readonly delivery: Delivery;
  readonly wrong: string;
  readonly sent: string;
  readonly seen: string;
}

export interface NotApplicable {
  readonly class: string;
  readonly case: string | undefined;
  readonly listener: string;
  readonly why: string;
}

export interface Ran {
  /** Those that some listener got, and the classes that they are of. */
  readonly cases: number;
  readonly classes: number;
  readonly trials: number;
  readonly wrong: readonly Wrong[];
  readonly notApplicable: readonly NotApplicable[];
}

const AT_ONCE = 16;
const HEARTBEAT_MS = 5000;

export async function battery(classes: readonly CaseClass[], running: Running): Promise<Ran> {
  const { tell, patienceMs, stopsAtWrong } = running;
  const planned = plan(classes, { listeners: running.listeners, deliveries: running.small ? small : () => LARGE });
  const wrong: Wrong[] = [];
  let done = 0;
  const run = async (each: Planned): Promise<void> => {
    if (stopsAtWrong === true && wrong.length > 0) return;
    const outcome = await attempt(each.trial, patienceMs).catch(failed);
    done += 1;
    if (outcome.wrong === undefined) return;
    wrong.push(describe(each, outcome, outcome.wrong));
    tell(`  WRONG ${nameOf(each)}: ${outcome.wrong}`);
  };
  const heartbeat = setInterval(() => tell(`  ... ${done} of ${planned.length}, ${wrong.length} wrong`), HEARTBEAT_MS);
  try {
    // What waits for a deadline waits beside all others.
    const waiting = planned.filter(isWaiting).map((each) => run(each));
    await pooled(
      planned.filter((each) => !isWaiting(each)),
      run,
    );
    await Promise.all(waiting);
  } finally {
    clearInterval(heartbeat);
  }
  const cases = new Set(planned.map(({ trial }) => trial.of)).size;
  const sent = new Set(planned.map((each) => each.class)).size;
  return { cases, classes: sent, trials: planned.length, wrong, notApplicable: leftOut(classes, running.listeners) };
}

export interface Planned {
  readonly class: string;
  readonly trial: Trial;
}

const SMALL: readonly Delivery[] = ['whole', 'after', 'cut', 'long'];
const LARGE: readonly Delivery[] = [...SMALL, 'bytes'];

type Deliveries = (listener: Listener) => readonly Delivery[];

/** Handshakes take longest. */
const small: Deliveries = ({ scheme }) => (scheme === 'https' ? ['whole'] : SMALL);

/** Every case at every place where it says something, in each of these deliveries that it allows. */
export function plan(
  classes: readonly CaseClass[],
  { listeners, deliveries }: { readonly listeners: readonly Listener[]; readonly deliveries: Deliveries },
): readonly Planned[] {
  const planned: Planned[] = [];
  for (const listener of listeners) {
    for (const each of classes.filter((one) => isFor(one, listener))) {
      for (const of of each.cases) {
        if (reason(each, of, listener) !== undefined) continue;
        for (const route of of.routes === 'every' ? listener.routes : listener.routes.slice(0, 1)) {
          for (const delivery of deliveries(listener).filter((one) => suits(one, { of, listener }))) {
            const nonce = `b${planned.length}`;
            planned.push({ class: each.name, trial: { of, listener, route, delivery, nonce } });
          }
        }
      }
    }
  }
  return planned;
}

/** What waits cannot be waited for in pieces; below TLS nothing good can stand before; only what has a message can have a long one. */
function suits(delivery: Delivery, { of, listener }: Pick<Trial, 'of' | 'listener'>): boolean {
  const { ends, isBelowTls, sends } = of;
  if (delivery === 'long')
    return ends === undefined && listener.plane === 'data' && hasMessage([sends].flat().join(''));
  if (isBelowTls === true || ends === 'reset') return delivery === 'whole';
  return ends === undefined || ends === 'fin' || delivery === 'whole' || delivery === 'after';
}

/** One with an envelope, or a word that stands for one. */
const hasMessage = (text: string): boolean => /\{(?:pad|body|list)\}/.test(text);

/** What is over only at a deadline. */
export const isWaiting = ({ trial }: Planned): boolean => trial.of.ends === 'waits' || trial.of.ends === 'drips';

/** Some have a listener to themselves, and that is there for nothing else. */
const isFor = ({ only }: CaseClass, { name, isApart }: Listener): boolean =>
  isApart ? only === name : only === undefined;

const reason = (each: CaseClass, of: Case, { name }: Listener): string | undefined =>
  each.leavesOut?.[name] ?? of.leavesOut?.[name];

function leftOut(classes: readonly CaseClass[], listeners: readonly Listener[]): readonly NotApplicable[] {
  return listeners.flatMap(({ name }) =>
    classes.flatMap((each): NotApplicable[] => {
      const why = each.leavesOut?.[name];
      if (why !== undefined) return [{ class: each.name, case: undefined, listener: name, why }];
      return each.cases.flatMap((of) => {
        const own = of.leavesOut?.[name];
        return own === undefined ? [] : [{ class: each.name, case: of.name, listener: name, why: own }];
      });
    }),
  );
}

/** A few at a time. */
export async function pooled<T>(items: readonly T[], run: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values();
  const work = async (): Promise<void> => {
    for (const item of queue) await run(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}

const failed = (error: unknown): Outcome => ({
  wrong: String(error),
  statuses: [],
  hasClosed: true,
  sent: '',
  seen: '',
});

export const nameOf = ({ class: name, trial }: Planned): string =>
  `${name} / ${trial.of.name} (${trial.listener.name} ${trial.route}, ${trial.delivery})`;

function describe(each: Planned, { sent, seen }: Outcome, wrong: string): Wrong {
  const { of, listener, route, delivery } = each.trial;
  const { follows } = of;
  return { case: `${each.class} / ${of.name}`, follows, listener: listener.name, route, delivery, wrong, sent, seen };
}
