/** What a session watches is what it was told that it watches, and no more than a stream may. */
import { expect, it } from 'vitest';
import { silentLog } from '../../../test/fakes/call.ts';
import type { Endpoint } from '../../core/endpoint.ts';
import { Streams } from '../../dispatch/listen.ts';
import { isObject, member, parseJson } from '../../kernel/json.ts';
import { joinParts, type Part } from '../../kernel/parts.ts';
import { readIncoming } from '../../protocol/jsonrpc.ts';
import type { Edge } from '../edge.ts';
import { answer, type Asker } from './answer.ts';
import { Session } from './session.ts';

/** As many as one stream may watch. */
const MOST = 1000;

function house() {
  const watched = new Set<string>();
  const upstream = {
    name: 'files',
    subscribe: ({ uri }: { readonly uri: string }) => {
      if (uri.startsWith('no:')) return Promise.reject(new Error('cannot be watched'));
      watched.add(uri);
      return Promise.resolve(() => watched.delete(uri));
    },
  };
  const endpoint = {
    address: '/mcp',
    isMerged: true,
    upstreams: [upstream],
    offers: () => Promise.resolve(true),
    place: (uri: string) => Promise.resolve({ upstream, uri }),
  } as unknown as Endpoint;
  const edge = { changes: new Streams(() => endpoint, silentLog) } as unknown as Edge;
  const session = new Session({ address: '/mcp', revision: '2025-11-25', able: '{}', remote: '::1' });
  const asker = { visit: { endpoint }, session, note: () => undefined };
  const ask = async (method: string, uri: string): Promise<boolean> => {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: { uri } });
    let answered: readonly Part[] = [];
    const to = { ...asker, answer: (_: number, message: readonly Part[] = []) => (answered = message) };
    await answer(edge, to as unknown as Asker, readIncoming(Buffer.from(body), 64));
    return isObject(member(parseJson(joinParts(answered)), 'result'));
  };
  return { watched, session, ask };
}

it('a resource beyond the bound is refused and not remembered, and there is room again when another is let go of', async () => {
  const { watched, session, ask } = house();
  for (let i = 0; i < MOST; i += 1) expect(await ask('resources/subscribe', `a:${i}`)).toBe(true);
  for (let i = 0; i < 3; i += 1) expect(await ask('resources/subscribe', `b:${i}`)).toBe(false);
  expect(session.uris.size).toBe(MOST);
  expect(await ask('resources/unsubscribe', 'a:0')).toBe(true);
  expect(await ask('resources/subscribe', 'b:0')).toBe(true);
  expect([session.uris.size, watched.has('a:0'), watched.has('b:0')]).toEqual([MOST, false, true]);
});

it('so is one whose URI is too long beside the others, however few they are', async () => {
  const { session, ask } = house();
  const long = 'x'.repeat(200_000);
  expect(await ask('resources/subscribe', `a:${long}${long}`)).toBe(false);
  expect(await ask('resources/subscribe', `a:${long}`)).toBe(true);
  expect(await ask('resources/subscribe', `b:${long}`)).toBe(false);
  expect(await ask('resources/subscribe', 'b:short')).toBe(true);
  expect(session.uris.size).toBe(2);
});

it('a resource that its server does not let watch is refused and not remembered', async () => {
  const { session, ask } = house();
  expect(await ask('resources/subscribe', 'no:1')).toBe(false);
  expect(session.uris.size).toBe(0);
});
