/** An answer whose event stream was cut: it goes on where the server can tell from where, and is told once; nothing is sent again. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { poolTo, until } from '../../../test/fakes/wire.ts';
import { Abort } from '../../kernel/abort.ts';
import { Budget } from '../../kernel/bounded.ts';
import { Fault } from '../../kernel/fault.ts';
import { Skim } from '../../kernel/skim/skim.ts';
import { REPLY } from '../../protocol/jsonrpc.ts';
import { SpareBlocks } from './blocks.ts';
import { HttpLink } from './http.ts';
import type { Ask, Reply } from './link.ts';

const skim = new Skim();
const ANSWER = '{"jsonrpc":"2.0","id":1,"result":{"content":[]}}';
const NOTE = '{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":1,"progress":1}}';
const PRIMING = 'id: p-1\nretry: 3000\ndata: \n\n';

type Answering = (response: ServerResponse, request: IncomingMessage, index: number) => void;

/** A server that answers its POST and the GETs after it as it is told, and a link to it. */
async function house(post: Answering, get: Answering) {
  const asked: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    request.resume();
    response.on('error', () => undefined);
    asked.push(request);
    const answering = request.method === 'POST' ? post : get;
    answering(response, request, asked.length - 2);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const wire = poolTo((server.address() as AddressInfo).port);
  const { pool, time } = wire;
  const buffered = new Budget(1_000_000);
  const bounds = { resultBytes: 100_000, jsonDepth: 10, buffered, blocks: new SpareBlocks(time), skim };
  const link = new HttpLink({ pool, streams: pool, path: '/mcp', headers: 'Host: x\r\n', time, ...bounds });
  const heard: string[] = [];
  const abort = new Abort();
  const call = (how: Partial<Ask> = {}): Promise<Reply> =>
    link.request({
      method: 'tools/call',
      params: () => ['{}'],
      headers: 'Mcp-Session-Id: s-1\r\n',
      abort,
      resumes: true,
      heard: ({ method }) => void heard.push(method),
      ...how,
    });
  const isGone = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
  };
  const dispose = async (): Promise<void> => {
    wire[Symbol.dispose]();
    await isGone();
  };
  const gets = (): IncomingMessage[] => asked.filter(({ method }) => method === 'GET');
  // The pool has a timer too.
  const { pending } = time;
  const isResting = (): boolean => time.pending > pending;
  const rests = (): Promise<void> => until(isResting, 'the wait');
  return {
    asked,
    gets,
    isGone,
    isResting,
    rests,
    time,
    link,
    heard,
    abort,
    call,
    buffered,
    [Symbol.asyncDispose]: dispose,
  };
}

const stream = (response: ServerResponse): ServerResponse =>
  response.writeHead(200, { 'content-type': 'text/event-stream' });

it('an answer that the server breaks off is asked for again from its last event, not before the time that it asks for', async () => {
  const post: Answering = (response) => {
    stream(response).write(`${PRIMING}id: p-2\ndata: ${NOTE}\n\nid: p-3\ndata: half of`);
    setImmediate(() => response.destroy());
  };
  await using server = await house(post, (response) => stream(response).end(`id: p-3\ndata: ${ANSWER}\n\n`));
  const { call, gets, isResting, rests, time, heard, asked, buffered } = server;
  const calling = call();
  await rests();
  time.pass(2999);
  expect(isResting()).toBe(true);
  time.pass(1);
  const reply = await calling;
  expect(reply.status).toBe(200);
  expect(reply.message?.fields.raw(REPLY.result)?.toString()).toBe('{"content":[]}');
  expect(heard).toEqual(['notifications/progress']);
  expect(gets()[0]?.headers).toMatchObject({
    'last-event-id': 'p-2',
    'mcp-session-id': 's-1',
    accept: 'text/event-stream',
  });
  expect(asked.map(({ method }) => method)).toEqual(['POST', 'GET']);
  expect(buffered.held).toBe(0);
});

it('a server that closes its streams for its client to come back is asked as often as it moves on', async () => {
  const get: Answering = (response, _, index) => {
    if (index < 30) stream(response).end(`id: p-${index + 2}\ndata: \n\n`);
    else stream(response).end(`data: ${ANSWER}\n\n`);
  };
  await using server = await house((response) => stream(response).end(PRIMING), get);
  const { call, gets, rests, time } = server;
  const calling = call();
  for (let round = 1; round <= 31; round += 1) {
    await rests();
    time.pass(3000);
  }
  expect((await calling).status).toBe(200);
  expect(gets().map(({ headers }) => headers['last-event-id'])).toEqual(
    Array.from({ length: 31 }, (_, index) => `p-${index + 1}`),
  );
});

it('a server that never says more is asked ten times, and the call is told that nothing is known', async () => {
  const get: Answering = (response, _, index) => {
    if (index % 2 === 0) response.destroy();
    else stream(response).end(': nothing\n\n');
  };
  await using server = await house((response) => stream(response).end('id: p-1\ndata: \n\n'), get);
  const { call, gets, rests, time } = server;
  const calling = call();
  calling.catch(() => undefined);
  for (let round = 1; round <= 10; round += 1) {
    await rests();
    time.pass(1000);
  }
  await expect(calling).rejects.toMatchObject({ kind: 'interrupted', delivered: 'unknown' });
  expect(gets()).toHaveLength(10);
});

it.each([
  ['405', (response: ServerResponse) => response.writeHead(405).end()],
  ['404', (response: ServerResponse) => response.writeHead(404).end()],
  ['503', (response: ServerResponse) => response.writeHead(503).end()],
  ['JSON', (response: ServerResponse) => response.writeHead(200, { 'content-type': 'application/json' }).end(ANSWER)],
])('a server that answers %s when it is asked to go on has lost the answer', async (_, get) => {
  await using server = await house((response) => stream(response).end(PRIMING), get);
  const { call, rests, time } = server;
  const calling = call();
  calling.catch(() => undefined);
  await rests();
  time.pass(3000);
  await expect(calling).rejects.toMatchObject({ kind: 'interrupted', delivered: 'unknown' });
});

it.each([
  ['that had no event with an id', `data: ${NOTE}\n\n`, true],
  ['whose id no header can hold', `id: \u00E9\ndata: \n\n`, true],
  ['whose id was taken back', `${PRIMING}id:\ndata: ${NOTE}\n\n`, true],
  ['that nobody may ask for again', PRIMING, false],
])('a stream %s is not asked for again', async (_, text, resumes) => {
  await using server = await house(
    (response) => stream(response).end(text),
    (response) => response.end(),
  );
  await expect(server.call({ resumes })).rejects.toMatchObject({ kind: 'interrupted', delivered: 'unknown' });
  expect(server.gets()).toEqual([]);
});

it('an answer that nobody waits for any more is not asked for', async () => {
  await using server = await house(
    (response) => stream(response).end(PRIMING),
    (response) => response.end(),
  );
  const { call, abort, isResting, rests } = server;
  const calling = call();
  calling.catch(() => undefined);
  await rests();
  abort.now(new Fault('timed-out', 'Too late.'));
  await expect(calling).rejects.toMatchObject({ kind: 'timed-out', delivered: 'unknown' });
  expect(isResting()).toBe(false);
});

it('a server that is gone when it is asked to go on may have made the call', async () => {
  const post: Answering = (response) => stream(response).end(PRIMING);
  await using server = await house(post, (response) => response.end());
  const { call, isGone, rests, time } = server;
  const calling = call();
  calling.catch(() => undefined);
  await rests();
  await isGone();
  for (let round = 1; round <= 10; round += 1) {
    await rests();
    time.pass(3000);
  }
  await expect(calling).rejects.toMatchObject({ kind: 'interrupted', delivered: 'unknown' });
});
