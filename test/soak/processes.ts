/** What the system knows of processes and sockets, read from /proc: who is whose child, what is open, what is left. Linux only. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

const LISTEN = '0A';
const ESTABLISHED = '01';
/** A connection whose other end is gone, but which nobody here has closed. */
const CLOSE_WAIT = '08';
/** Linux counts processor time in hundredths of a second. */
const TICK_MS = 10;

/** Every process below this one, however deep. */
export function descendants(pid: number): readonly number[] {
  const parents = new Map(processes().map((each) => [each, parentOf(each)] as const));
  const below = (of: number): readonly number[] => {
    const own = [...parents].filter(([, parent]) => parent === of).map(([each]) => each);
    return own.flatMap((each) => [each, ...below(each)]);
  };
  return below(pid);
}

/** A zombie has ended: it only waits for its parent to notice. */
export function isAlive(pid: number): boolean {
  const state = stat(pid)?.[0];
  return state !== undefined && state !== 'Z' && state !== 'X';
}

/** All living processes that were started with these words one after the other. */
export function startedWith(...words: readonly string[]): readonly number[] {
  const sought = `\0${words.join('\0')}\0`;
  return processes().filter((pid) => isAlive(pid) && `\0${text(`/proc/${pid}/cmdline`)}`.includes(sought));
}

export function openFiles(pid: number): number {
  return entries(`/proc/${pid}/fd`).length;
}

/** Bytes of memory that are its own and in use, as the system counts them. */
export function residentBytes(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(text(`/proc/${pid}/status`))?.[1] ?? 0) * 1024;
}

/** What it has used of a processor so far. */
export function cpuMs(pid: number): number {
  const [user = 0, system = 0] = (stat(pid) ?? []).slice(11, 13).map(Number);
  return (user + system) * TICK_MS;
}

/** Whoever listens there; the process itself, should a launcher stand before it. */
export function listenerOf(port: number): number | undefined {
  const inodes = sockets()
    .filter(({ state, local }) => state === LISTEN && local === port)
    .map(({ inode }) => inode);
  return processes().find((pid) =>
    entries(`/proc/${pid}/fd`).some((each) =>
      inodes.some((inode) => link(`/proc/${pid}/fd/${each}`) === `socket:[${inode}]`),
    ),
  );
}

/** Connections to this port, seen from their client's end. */
export function connectionsTo(port: number): number {
  return sockets().filter(({ state, remote }) => remote === port && (state === ESTABLISHED || state === CLOSE_WAIT))
    .length;
}

interface SocketRow {
  readonly local: number;
  readonly remote: number;
  readonly state: string;
  readonly inode: string;
}

function sockets(): readonly SocketRow[] {
  const rows = ['tcp', 'tcp6'].flatMap((kind) => text(`/proc/net/${kind}`).split('\n').slice(1));
  return rows
    .map((row) => row.trim().split(/\s+/))
    .filter((cells) => cells.length > 9)
    .map(toRow);
}

function toRow(cells: readonly string[]): SocketRow {
  const port = (address = '') => Number.parseInt(address.slice(address.lastIndexOf(':') + 1), 16);
  return { local: port(cells[1]), remote: port(cells[2]), state: cells[3] ?? '', inode: cells[9] ?? '' };
}

function processes(): readonly number[] {
  return entries('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/** The fields after the name, which may itself hold spaces and brackets: state, parent, … */
function stat(pid: number): readonly string[] | undefined {
  const line = text(`/proc/${pid}/stat`);
  return line === '' ? undefined : line.slice(line.lastIndexOf(')') + 2).split(' ');
}

function parentOf(pid: number): number {
  return Number(stat(pid)?.[1] ?? 0);
}

/** Processes come and go while they are looked at. */
function text(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function entries(path: string): readonly string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

function link(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
