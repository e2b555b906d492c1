/** One client and one upstream with the gateway between them, and how a cell looks at what comes. */
import { isDeepStrictEqual } from 'node:util';
import { setTimeout as pause } from 'node:timers/promises';
import { fields } from '../fixtures/conformance/message.ts';
import type { Fields } from '../fixtures/conformance/message.ts';
import type { Answered, Ask, Client } from './client/client.ts';
import type { Face } from './cells.ts';
import { facts } from './cells.ts';
import type { World } from './world.ts';

export const PATIENCE_MS = 15_000;
const POLL_MS = 5;

/** What every client declares, as far as its revision knows it. */
export function ableOf({ revision }: Face): Fields {
  const { elicitation, sessions } = facts[revision];
  const roots = sessions ? { listChanged: true } : {};
  return { ...(elicitation ? { elicitation: {} } : {}), sampling: {}, roots };
}

interface Other {
  readonly upstream: Face;
  readonly world: World;
  readonly prefix: string;
  /** No gateway is between them. */
  readonly direct?: boolean;
  readonly other?: ((able: Fields) => Promise<Client>) | undefined;
}

export class Pair {
  readonly client: Client;
  readonly upstream: Face;
  readonly world: World;
  /** What the endpoint puts before names: nothing where it is the upstream's own. */
  readonly prefix: string;
  readonly direct: boolean;
  /** Another client of the same edge that can do only so much; nothing where there is but one. */
  readonly other: Other['other'];

  constructor(client: Client, { upstream, world, prefix, direct = false, other }: Other) {
    this.client = client;
    this.upstream = upstream;
    this.world = world;
    this.prefix = prefix;
    this.direct = direct;
    this.other = other;
  }

  named(own: string): string {
    return `${this.prefix}${own}`;
  }

  uri(path: string): string {
    return `matrix://${this.world.name}/${path}`;
  }

  call(name: string, args: Fields = {}, more: Partial<Ask> = {}): Promise<Answered> {
    return this.client.request({
      ...more,
      method: 'tools/call',
      params: { name: this.named(name), arguments: args, ...more.params },
    });
  }

  /** All pages of a list; what other servers have at the same endpoint is left out, what is ours has its own name again. */
  async list(method: string, key: string): Promise<readonly Fields[]> {
    const all: Fields[] = [];
    let cursor: unknown;
    do {
      const params = cursor === undefined ? {} : { cursor };
      const result = await succeeded(this.client.request({ method, params }), method);
      all.push(...entries(result, key));
      cursor = result['nextCursor'];
      if (!this.direct && String(cursor).startsWith('own-'))
        throw new Error(`a cursor of the upstream's came: ${String(cursor)}`);
    } while (cursor !== undefined);
    return all.flatMap((entry) => this.#mine(entry, key));
  }

  #mine(entry: Fields, key: string): readonly Fields[] {
    if (key.startsWith('resource'))
      return String(entry['uri'] ?? entry['uriTemplate']).includes(`//${this.world.name}/`) ? [entry] : [];
    const name = String(entry['name']);
    return name.startsWith(this.prefix) ? [{ ...entry, name: name.slice(this.prefix.length) }] : [];
  }
}

export function entries(result: Fields, key: string): readonly Fields[] {
  const list = result[key];
  if (!Array.isArray(list)) throw new Error(`${key} is ${JSON.stringify(list)}`);
  return list.map((entry: unknown) => fields(entry) ?? {});
}

/** The result, or an error that says what came instead. */
export async function succeeded(asked: Promise<Answered>, what: string): Promise<Fields> {
  const { result, error } = await asked;
  if (!result) throw new Error(`${what}: error ${JSON.stringify(error)}`);
  if (result['isError'] === true) throw new Error(`${what}: isError ${textIn(result)}`);
  return result;
}

/** The text of the first block that is one. */
export function textIn(result: Fields): string {
  return String(entries(result, 'content').find(({ type }) => type === 'text')?.['text']);
}

export function same(actual: unknown, expected: unknown, what: string): void {
  if (isDeepStrictEqual(actual, expected)) return;
  throw new Error(`${what}: ${JSON.stringify(actual)} instead of ${JSON.stringify(expected)}`);
}

export function holds(condition: boolean, what: string): void {
  if (!condition) throw new Error(what);
}

export async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`it never came to this: ${what}`);
    await pause(POLL_MS);
  }
}
