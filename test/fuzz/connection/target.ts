/**
 * The connection's state machine: the real server over sockets without a network, driven by a script of pieces, pauses, half closes, resets,
 * slow readers, answers and streams. Whatever the order: each exchange ends once, answers come in order and whole, and nothing is kept.
 */
import { setImmediate as turn } from 'node:timers/promises';
import type { Target } from '../target.ts';
import { generateScript, WORDS } from './generate.ts';
import { House, type Begun } from './house.ts';
import { readResponses, type Response } from './responses.ts';
import { readScript, type Step } from './script.ts';
import type { FakeSocket } from './socket.ts';

const BUFFERED = 6000;
const CLIENTS = 3;
const LONG_MS = 20_000;
/** So often nothing may be left to answer while time passes. */
const QUIET = 6;

export const connection: Target = {
  name: 'connection',
  words: WORDS,
  generate: generateScript,
  async judge(input) {
    const steps = readScript(input);
    const house = await House.open({ bufferedBytes: BUFFERED, react });
    for (const step of steps) {
      act(house, step);
      await turn();
    }
    const wrong = (await ended(house)) ?? answered(house) ?? (await besideOnePiece(house, steps));
    await house.close();
    return wrong;
  },
};

/** Some requests are answered at once, as most are in life; the others wait for the script. */
function react(begun: Begun, house: House): void {
  const { method, target } = begun.exchange;
  if (target.startsWith('/now')) house.answer(begun, 200, `${method} ${begun.body}`);
  else if (target.startsWith('/none')) house.answer(begun, 204, '');
  else if (target.startsWith('/events') && method !== 'HEAD') house.openStream(begun);
}

function act(house: House, step: Step): void {
  switch (step.does) {
    case 'drain':
      return house.drain();
    case 'pass':
      return house.time.pass(step.ms);
    case 'send':
    case 'read':
    case 'half':
    case 'reset': {
      const client = clientOf(house, step.client);
      if (step.does === 'send') client.give(step.bytes);
      else if (step.does === 'read') client.allow(step.bytes);
      else if (step.does === 'half') client.half();
      else client.destroy();
      return undefined;
    }
    case 'answer':
    case 'stream':
    case 'write':
    case 'end': {
      const begun = house.begun[step.exchange % Math.max(1, house.begun.length)];
      if (begun) answer(house, begun, step);
      return undefined;
    }
  }
}

function clientOf(house: House, wanted: number): FakeSocket {
  const index = wanted % CLIENTS;
  while (house.clients.length <= index) house.connect();
  return house.clients[index] ?? house.connect();
}

/** An owner answers once, but it may be late: the client gone, or refused meanwhile. */
function answer(house: House, begun: Begun, step: Extract<Step, { readonly exchange: number }>): void {
  const isOpen = begun.body !== undefined && begun.answer === undefined;
  const isStreaming = begun.answer?.isStream === true && !begun.answer.isOver;
  if (step.does === 'answer' && isOpen) house.answer(begun, 200, 'y'.repeat(Math.min(step.bytes, 600_000)));
  else if (step.does === 'stream' && isOpen && begun.exchange.method !== 'HEAD') house.openStream(begun);
  else if (step.does === 'write' && isStreaming) house.write(begun, 'z'.repeat(Math.min(step.bytes, 10_000)));
  else if (step.does === 'end' && isStreaming) house.endStream(begun);
}

/** Everybody answers, reads and then stays silent: then every connection must end by itself, and give back what it held. */
async function ended(house: House): Promise<string | undefined> {
  for (const client of house.clients) client.allow(Number.POSITIVE_INFINITY);
  for (let quiet = 0; quiet < QUIET && house.connections > 0;) {
    await turn();
    await turn();
    // An answer lets the next request in, which must be answered too.
    const open = waiting(house);
    for (const begun of open) {
      if (begun.stream) house.endStream(begun);
      else house.answer(begun, 200, 'late');
    }
    if (open.length > 0) continue;
    if (quiet > 0) house.time.pass(LONG_MS);
    quiet += 1;
  }
  await turn();
  const wrongs = [...house.wrongs, ...house.clients.flatMap((client) => client.wrongs)];
  if (wrongs[0] !== undefined) return wrongs[0];
  if (house.connections > 0) return `a connection never ends: ${house.connections} of ${house.clients.length}`;
  if (house.clients.some((client) => !client.destroyed)) return 'a socket is left open';
  if (house.lent > 0) return `a parser is not given back: ${house.lent}`;
  return house.buffered.held === 0 ? undefined : `the budget is not given back: ${house.buffered.held}`;
}

const waiting = (house: House): readonly Begun[] =>
  house.begun.filter(({ body, answer, gone }) => gone === 0 && body !== undefined && answer?.isOver !== true);

/** Each exchange beside what its client was sent. */
function answered({ begun, clients }: House): string | undefined {
  for (const client of clients) {
    const own = begun.filter((one) => one.client === client);
    const responses = readResponses(
      client.written,
      (id) => own.find(({ exchange }) => exchange.id === id)?.exchange.method,
    );
    if (typeof responses === 'string') return `writes ${responses}`;
    if (!client.written.startsWith(client.received)) return 'a client reads something else than was written';
    const wrong =
      inOrder(own, responses) ?? own.map((one) => endedOnce(one, responses)).find((each) => each !== undefined);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}

function inOrder(own: readonly Begun[], responses: readonly Response[]): string | undefined {
  const [last] = responses.slice(-1);
  for (const response of responses.slice(0, -1)) {
    if (response.closes) return 'writes on behind its last answer';
    if (!response.isWhole) return 'writes on inside an answer';
  }
  const ids = own.map(({ exchange }) => exchange.id);
  const places = responses.map(({ id }) => ids.indexOf(id));
  // The wire's own refusal of what never was an exchange comes last.
  const isStranger = last !== undefined && places.at(-1) === -1 && !last.isOurs && last.closes;
  const known = isStranger ? places.slice(0, -1) : places;
  // An exchange that is over unanswered ends its connection, so none is left out.
  return known.every((place, index) => place === index) ? undefined : `answers out of order: ${places.join(' ')}`;
}

function endedOnce({ exchange, answer, gone }: Begun, responses: readonly Response[]): string | undefined {
  const response = responses.find(({ id }) => id === exchange.id);
  // Of what is open only its owner knows whether it was all.
  const isWhole = response?.isOpen === true ? gone === 0 && answer?.isOver === true : response?.isWhole === true;
  const isAnswered = response?.isOurs === true && answer !== undefined && (!answer.isStream || isWhole);
  if (gone > 1) return `an exchange is gone more than once: ${gone}`;
  if (isAnswered && gone > 0) return 'an exchange is answered and gone';
  // An answer of more than a slice that finds no room in the budget ends the connection; its owner has done its part.
  if (!isAnswered && answer?.isStream === false && answer.body.length > 260_000) return undefined;
  if (!isAnswered && gone === 0)
    return `an exchange is neither answered nor gone: ${exchange.method} ${exchange.target}`;
  if (!response?.isOurs || !answer) return undefined;
  if (response.status !== answer.status) return `an answer has another status: ${response.status}`;
  const body = exchange.method === 'HEAD' ? '' : answer.body;
  return (isWhole ? response.body === body : body.startsWith(response.body)) ? undefined : 'an answer has another body';
}

/** The same bytes in one piece, each request answered at once, are the same requests; cut short perhaps, never others. */
async function besideOnePiece(house: House, steps: readonly Step[]): Promise<string | undefined> {
  for (const [index, client] of house.clients.entries()) {
    const sent = steps.filter((step) => step.does === 'send' && step.client % CLIENTS === index);
    const bytes = Buffer.concat(sent.map((step) => (step.does === 'send' ? step.bytes : Buffer.alloc(0))));
    const seen = requestsOf(house, client);
    const all = await inOnePiece(bytes);
    if (!seen.every((request, place) => request === all[place]))
      return `reads other requests: ${seen.join(' | ').slice(0, 300)}`;
    if (isCalm(house, steps) && seen.length !== all.length)
      return `leaves requests unread: ${seen.length} of ${all.length}`;
  }
  return undefined;
}

const requestsOf = ({ begun }: House, client: FakeSocket): string[] =>
  begun
    .filter((one) => one.client === client && one.body !== undefined)
    .map(({ exchange, body }) => `${exchange.method} ${exchange.target} ${body}`);

async function inOnePiece(bytes: Buffer): Promise<readonly string[]> {
  const answerAtOnce = (begun: Begun, house: House): void => house.answer(begun, 200, '');
  const house = await House.open({ bufferedBytes: Number.MAX_SAFE_INTEGER, react: answerAtOnce });
  const client = house.connect();
  client.give(bytes);
  await turn();
  const seen = requestsOf(house, client);
  client.destroy();
  await turn();
  await house.close();
  return seen;
}

/** Nothing happened that may end a connection before its time. */
function isCalm({ begun, clients, buffered }: House, steps: readonly Step[]): boolean {
  const isQuiet = steps.every(({ does }) => ['send', 'answer', 'stream', 'end'].includes(does));
  const isSmall = begun.every(({ body }) => (body?.length ?? 0) < 500) && clients.length * 2000 <= buffered.max;
  // What waits behind a request is held, and a body gathered, in memory that doubles as it grows.
  const sent = steps.reduce((sum, step) => sum + (step.does === 'send' ? step.bytes.length : 0), 0);
  return (
    isQuiet &&
    isSmall &&
    sent * 4 <= buffered.max &&
    begun.every(({ exchange }) => !exchange.target.startsWith('/early'))
  );
}
