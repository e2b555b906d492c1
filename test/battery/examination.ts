/** A gateway and what stands behind it, put through a table: what was wrong, what came through, and whether it is afterwards what it was before. */
import { setTimeout as pause } from 'node:timers/promises';
import { battery, pooled, type Ran, type Running, type Wrong } from './battery.ts';
import { served, type Case, type CaseClass } from './case.ts';
import type { Delivery } from './delivery.ts';
import { House, HOUSES, type Figures, type HouseName, type Listener } from './house.ts';
import { attempt } from './trial.ts';
import { AskedUpstream } from './asking.ts';
import { CountingUpstream } from './upstream.ts';
import { adding, CALLERS, calmly } from './writing.ts';
import { DONE, GENUINE, LARGE } from './cases/states.ts';

export interface Examining extends Omit<Running, 'listeners'> {
  readonly houses?: readonly HouseName[];
  /** A copy of the project, where it is not this one. */
  readonly project?: string;
  /** How long after the last case it must be what it was; the small form looks until then. */
  readonly settleMs?: number;
}

/** What is wrong beside single answers. */
export interface Amiss {
  readonly case: string;
  readonly wrong: string;
}

export interface Process {
  readonly name: HouseName;
  readonly rssMb: { readonly before: number; readonly after: number };
  readonly descriptors: { readonly before: number; readonly after: number };
}

export interface Examined extends Pick<Ran, 'cases' | 'classes' | 'trials' | 'notApplicable'> {
  readonly listeners: readonly string[];
  readonly wrong: readonly (Wrong | Amiss)[];
  readonly upstreamSeen: number;
  /** Empty where the system does not say. */
  readonly processes: readonly Process[];
}

const RSS_MB = 20;
const DESCRIPTORS = 5;
const SETTLE_MS = 30_000;
const LOOK_MS = 250;
const CALM_MS = 1500;
const WARM_UP = 1200;
const DELIVERIES: readonly Delivery[] = ['whole', 'cut', 'long', 'after'];
/** An unknown name makes the gateway ask for a list again at most this often. */
const REFRESH_MS = 2000;
const OWN_LISTS = 2;

/** @param meanwhile what else is to be done while the gateway runs. */
export async function examine(
  classes: readonly CaseClass[],
  examining: Examining,
  meanwhile?: (listeners: readonly Listener[]) => Promise<void>,
): Promise<Examined> {
  const { tell, project, houses: names = HOUSES } = examining;
  await using upstream = await CountingUpstream.started();
  await using asking = await AskedUpstream.started();
  await using stack = new AsyncDisposableStack();
  const houses: House[] = [];
  for (const name of names)
    houses.push(stack.use(await House.started({ name, upstreamPort: upstream.port, askingUrl: asking.url, project })));
  const listeners = houses.flatMap((house) => house.listeners);
  await prove(listeners, upstream);
  tell('good requests are answered, and counted by the upstream');
  const rehearsed = await rehearse(classes, { ...examining, listeners });
  const before = await Promise.all(houses.map(calm));
  upstream.forget();
  const began = Date.now();
  const ran = await battery(classes, { ...examining, listeners });
  const seconds = (Date.now() - began) / 1000;
  tell(
    `${ran.cases} cases in ${ran.classes} classes: ${ran.trials} trials in ${Math.round(seconds)} s, ${ran.wrong.length} wrong`,
  );
  const seen = upstream.requests;
  tell(`upstream requests seen: ${seen} (and ${upstream.lists} lists of the gateway's own)`);
  for (const wrong of asking.wrongs.slice(0, 20)) tell(`  the server that asks: ${wrong}`);
  for (const request of upstream.kept) tell(`  it saw ${request.slice(0, 300)}`);
  const allowed = OWN_LISTS + (houses.length * seconds * 1000) / REFRESH_MS;
  const processes = await settled(houses, before, examining);
  for (const each of processes) tell(`gateway ${each.name}: ${figuresOf(each)}`);
  const isAlive = houses.every((house) => house.isAlive) && (await answers(listeners));
  tell(isAlive ? 'the gateway answers' : `the gateway does NOT answer\n${houses.map(lastWords).join('\n')}`);
  const amiss: readonly (Amiss | false)[] = [
    seen > 0 && { case: 'upstream', wrong: `${seen} requests came through` },
    ...asking.wrongs.slice(0, 20).map((wrong) => ({ case: 'the server that asks', wrong })),
    upstream.lists > allowed && { case: 'upstream', wrong: `${upstream.lists} lists were asked for` },
    ...processes.map((each) => !isAsBefore(each) && { case: 'gateway', wrong: `not as it was: ${figuresOf(each)}` }),
    !isAlive && { case: 'gateway', wrong: 'it does not answer' },
  ];
  await meanwhile?.(listeners);
  return {
    cases: ran.cases,
    classes: ran.classes,
    trials: ran.trials,
    listeners: listeners.map(({ name }) => name),
    wrong: [...rehearsed, ...ran.wrong, ...amiss.filter((each) => each !== false)],
    notApplicable: ran.notApplicable,
    upstreamSeen: seen,
    processes,
  };
}

/**
 * Where several callers are at work what is sent is large, and the allocator keeps the room for it. So there all is sent once before it is looked
 * what the process takes: what grows with more of the same is what counts.
 */
async function rehearse(classes: readonly CaseClass[], running: Running): Promise<readonly Wrong[]> {
  const listeners = running.listeners.filter(({ isApart }) => isApart);
  return listeners.length === 0 ? [] : (await battery(classes, { ...running, listeners })).wrong;
}

/**
 * Before anything else: good calls are answered on every listener, and counted by the upstream, so that a count of 0 says something. It also
 * has the gateway at work, as one that is attacked is: what it takes for that is not what the battery costs it.
 */
async function prove(listeners: readonly Listener[], upstream: CountingUpstream): Promise<void> {
  for (const listener of listeners) {
    const one = async (index: number, of = GOOD[listener.plane]): Promise<void> => {
      const delivery = DELIVERIES[index % DELIVERIES.length] ?? 'whole';
      const route = listener.routes[0] ?? '';
      const { wrong } = await attempt({ of, listener, route, delivery, nonce: `w${index}` });
      if (wrong !== undefined) throw new Error(`A good request on ${listener.name} is answered wrongly: ${wrong}`);
    };
    await one(WARM_UP); // the first makes the gateway ask for lists, too
    if (listener.isApart) {
      for (let index = 0; index < CALLERS * 3; index += 1) {
        await one(index, ANSWERED);
        await one(index, { ...ANSWERED, ...LARGE });
      }
    }
    const counted = upstream.requests;
    await pooled(
      Array.from({ length: WARM_UP }, (_, index) => index),
      (index) => one(index),
    );
    const reached = upstream.requests - counted;
    if (reached !== (listener.plane === 'data' ? WARM_UP : 0))
      throw new Error(`Of ${WARM_UP} requests on ${listener.name} the upstream counted ${reached}`);
  }
}

const good = (sends: string): Case => ({
  name: 'a good request',
  follows: '',
  sends,
  gets: [served()],
  leaves: 'kept',
});
const GOOD = { data: good(adding()), control: good(calmly()) } as const;

/** A call that waits for its client, and is given the answer. */
const ANSWERED: Case = { ...good(GENUINE), gets: [DONE] };

/** What it takes when it has closed what the good requests left behind: the fewest descriptors of a second. */
async function calm(house: House): Promise<Figures | undefined> {
  let fewest = house.figures();
  for (let looked = 0; looked < CALM_MS; looked += LOOK_MS) {
    await pause(LOOK_MS);
    const now = house.figures();
    if (fewest && now && now.descriptors <= fewest.descriptors) fewest = now;
  }
  return fewest;
}

const lastWords = (house: House): string => house.lastWords;

/** In the long form as long as it was promised, in the small one as soon as it holds. */
async function settled(
  houses: readonly House[],
  before: readonly (Figures | undefined)[],
  { small, settleMs = SETTLE_MS }: Examining,
): Promise<readonly Process[]> {
  const now = (): readonly Process[] =>
    houses.flatMap((house, index) => compared(house.name, before[index], house.figures()));
  const deadline = Date.now() + settleMs;
  const isEnough = (): boolean => small && now().every(isAsBefore);
  while (Date.now() < deadline && !isEnough()) await pause(LOOK_MS);
  return now();
}

function compared(name: HouseName, before: Figures | undefined, after: Figures | undefined): readonly Process[] {
  if (!before || !after) return [];
  return [
    {
      name,
      rssMb: { before: before.rssMb, after: after.rssMb },
      descriptors: { before: before.descriptors, after: after.descriptors },
    },
  ];
}

const isAsBefore = ({ rssMb, descriptors }: Process): boolean =>
  rssMb.after - rssMb.before <= RSS_MB && descriptors.after - descriptors.before <= DESCRIPTORS;

const figuresOf = ({ rssMb, descriptors }: Process): string =>
  `resident memory ${rssMb.before} -> ${rssMb.after} MB, descriptors ${descriptors.before} -> ${descriptors.after}`;

async function answers(listeners: readonly Listener[]): Promise<boolean> {
  const outcomes = await Promise.all(
    listeners.map((listener) => {
      const route = listener.routes[0] ?? '';
      return attempt({ of: GOOD[listener.plane], listener, route, delivery: 'whole', nonce: 'end' }).catch(failed);
    }),
  );
  return outcomes.every(({ wrong }) => wrong === undefined);
}

const failed = (error: unknown): { readonly wrong: string } => ({ wrong: String(error) });
