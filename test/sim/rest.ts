/** What the gateway may still hold when nobody is there any more, and when it has been closed. */
import type { Children } from './child.ts';
import type { HttpHost } from './host.ts';
import type { House } from './house.ts';

export interface Outside {
  readonly children: Children;
  readonly hosts: readonly HttpHost[];
}

/** Sweeps of the listener, its sessions, their answers that take long, and its streams. */
const OWN_TIMERS = 4;
/** Two pools a server over HTTP. */
const POOL_TIMERS = 2;

type Figures = Readonly<Record<string, readonly [is: number, most: number]>>;

/** All clients are gone, all idle deadlines have passed; the servers are still there, with what belongs to no caller. */
export function quiet(house: House, { children, hosts }: Outside): void {
  const { servers } = house;
  const overHttp = hosts.length;
  const piped = servers.running.length - overHttp;
  judge(house, 'at rest', {
    ...held(house),
    'parsers lent': [house.lent, overHttp],
    snapshots: [house.snapshots.alive, 1],
    timers: [house.world.time.pending, OWN_TIMERS + POOL_TIMERS * overHttp],
    children: [house.counts.children, piped],
    'children outside': [children.alive.size, piped],
    // One shared session each with servers that have sessions.
    'sessions with servers': [house.counts.sessions, 2],
    // Where nothing is broken they also hear of each one's end.
    'sessions at servers': [house.world.temper === 'calm' ? Math.max(...hosts.map(({ sessions }) => sessions)) : 0, 1],
    // One stream each on which a server tells what changes.
    'sockets to servers': [hosts.reduce((sum, { open }) => sum + open, 0), overHttp],
  });
}

export function closed(house: House, { children, hosts }: Outside): void {
  judge(house, 'closed', {
    ...held(house),
    timers: [house.world.time.pending, 0],
    'parsers lent': [house.lent, 0],
    children: [house.counts.children, 0],
    'children outside': [children.alive.size, 0],
    'sessions with servers': [house.counts.sessions, 0],
    'sockets to servers': [hosts.reduce((sum, { open }) => sum + open, 0), 0],
  });
}

/** What belongs to somebody who asks. */
function held({ data, streams, counts, buffered }: House): Figures {
  return {
    connections: [data.connections, 0],
    sessions: [data.sessions, 0],
    'streams kept alive': [data.streams, 0],
    'streams that listen': [streams.size, 0],
    legs: [counts.legs, 0],
    'parked calls': [counts.parked, 0],
    'bytes of the budget': [buffered.held, 0],
  };
}

function judge({ world }: House, when: string, figures: Figures): void {
  for (const [what, [is, most]] of Object.entries(figures))
    if (is > most || is < 0) world.wrong(`${when}: ${is} ${what}, at most ${most} expected`);
}
