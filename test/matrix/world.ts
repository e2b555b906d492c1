/**
 * What a fixture server shares with whoever tests it: what changes while it runs, and what it saw. All processes of one server live in one
 * world, as the files of a disk are one to all who read them; a child joins over a socket.
 */
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { linesOf } from './lines.ts';

export type Listed = 'tools' | 'prompts' | 'resources';
export type Change = { readonly kind: Listed } | { readonly kind: 'resource'; readonly uri: string };

/** `violation`: what was sent to the server is not of its revision. `cancelled`: a call was given up, and how that was told. */
export interface Report {
  readonly kind: 'violation' | 'cancelled';
  readonly text: string;
}

type Listener = (change: Change) => void;

/** As a server sees it. */
export interface Board {
  readonly name: string;
  /** Whether the list has its extra entry just now. */
  has(kind: Listed): boolean;
  listen(listener: Listener): () => void;
  report(report: Report): void;
}

export class World implements Board {
  readonly name: string;
  readonly reports: Report[] = [];
  readonly #extra = new Set<Listed>();
  readonly #listeners = new Set<Listener>();

  constructor(name: string) {
    this.name = name;
  }

  get extra(): readonly Listed[] {
    return [...this.#extra];
  }

  has(kind: Listed): boolean {
    return this.#extra.has(kind);
  }

  change(change: Change): void {
    if (change.kind !== 'resource' && !this.#extra.delete(change.kind)) this.#extra.add(change.kind);
    for (const listener of this.#listeners) listener(change);
  }

  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  report(report: Report): void {
    this.reports.push(report);
  }

  /** What was complained of since the last time. */
  violations(): readonly string[] {
    const found = this.reports.filter(({ kind }) => kind === 'violation').map(({ text }) => text);
    const rest = this.reports.filter(({ kind }) => kind !== 'violation');
    this.reports.splice(0, this.reports.length, ...rest);
    return found;
  }
}

export interface Gate extends AsyncDisposable {
  readonly port: number;
}

/** Where the children of all worlds come in. A child says its name; it hears what is, then each change. */
export async function openGate(worlds: ReadonlyMap<string, World>): Promise<Gate> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => sockets.delete(socket));
    void welcome(socket, worlds);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((closed) => server.close(closed));
    },
  };
}

async function welcome(socket: Socket, worlds: ReadonlyMap<string, World>): Promise<void> {
  const say = (value: unknown) => socket.write(`${JSON.stringify(value)}\n`);
  let world: World | undefined;
  for await (const line of linesOf(socket)) {
    const said = JSON.parse(line) as { readonly name: string } | Report;
    if ('kind' in said) {
      world?.report(said);
      continue;
    }
    world = worlds.get(said.name);
    if (!world) return void socket.destroy();
    say(world.extra);
    socket.once('close', world.listen(say));
  }
}

/** A child's view of its world. */
export async function joinWorld(name: string, port: number): Promise<Board> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write(`${JSON.stringify({ name })}\n`);
  const lines = linesOf(socket);
  const own = new World(name);
  const first = await lines.next();
  for (const kind of JSON.parse(String(first.value)) as Listed[]) own.change({ kind });
  void follow(lines, own);
  socket.unref();
  return {
    name,
    has: (kind) => own.has(kind),
    listen: (listener) => own.listen(listener),
    report: (report) => void socket.write(`${JSON.stringify(report)}\n`),
  };
}

async function follow(lines: AsyncIterator<string>, world: World): Promise<void> {
  for (;;) {
    const { done, value } = await lines.next();
    if (done) return;
    world.change(JSON.parse(value) as Change);
  }
}
