/** One answer of an HTTP server on its way: written step by step as chance has it, whole or broken in one of many ways. */
import { BIG_CHARACTERS, note, type Json, type Plan, type Question, type SimServer } from './offer.ts';
import type { DialSocket } from './sockets.ts';
import type { Source, World } from './world.ts';

/** Larger than the gateway relays; see the bounds in `settings`. */
const OVERSIZED = 'y'.repeat(BIG_CHARACTERS * 4);

/** Those after which the call was certainly not made. */
const REFUSALS = ['401', '403', '404', '429'] as const;
const FAULTS = [
  ...REFUSALS,
  '500',
  '503',
  'silence',
  'half-open',
  'cut-before',
  'end-before',
  'cut-head',
  'cut-body',
  'cut-event',
  'end-event',
  'cut-after',
  'garbage',
  'not-json',
  'wrong-id',
  'duplicate',
  'oversized',
  'error',
  'extra',
  'slow',
  'interim',
  'note-after',
  'other-token',
] as const;
/** Those after which there is nothing that could be relayed as a result. */
const NO_ANSWER: ReadonlySet<FaultName> = new Set([
  ...REFUSALS,
  '500',
  '503',
  'silence',
  'half-open',
  'cut-before',
  'end-before',
  'cut-head',
  'cut-body',
  'cut-event',
  'end-event',
  'garbage',
  'not-json',
  'wrong-id',
  'oversized',
  'error',
]);
type FaultName = (typeof FAULTS)[number] | 'none';

export class Reply implements Source {
  readonly weight = 5;
  readonly #world: World;
  readonly #socket: DialSocket;
  readonly #ended: () => void;
  #steps: (() => void)[] = [];
  /** Something that has not happened yet, and after how many steps it is waited for. */
  #waits: { readonly left: number; readonly isOver: () => boolean } | undefined;
  #notBefore = 0;
  #isStreaming = false;

  /** @param ended the connection can carry another request. */
  constructor(world: World, socket: DialSocket, ended: () => void) {
    this.#world = world;
    this.#socket = socket;
    this.#ended = ended;
    world.sources.add(this);
  }

  get isReady(): boolean {
    if (this.#waits && this.#steps.length <= this.#waits.left && !this.#waits.isOver()) return false;
    return this.#steps.length > 0 && this.#world.time.elapsed() >= this.#notBefore;
  }

  act(): void {
    this.#steps.shift()?.();
  }

  stop(): void {
    this.#steps = [];
    this.#world.sources.delete(this);
  }

  status(status: number, extra = ''): void {
    const body = status >= 400 ? 'no, says 10.77.0.9:7009' : '';
    const type = this.#world.draws(50) ? 'text/plain' : 'application/json';
    this.#then(() =>
      this.#put(`${head(status, `content-type: ${type}\r\n${extra}`)}content-length: ${body.length}\r\n\r\n${body}`),
    );
    this.#then(() => this.#end());
  }

  /** An event stream that stays open. */
  stream(messages: readonly Json[]): void {
    this.#open('');
    for (const message of messages) this.#then(() => this.event(message));
  }

  event(message: Json): void {
    if (this.#isStreaming) this.#put(eventChunk(message));
  }

  /** Whatever was asked, this is not the answer. */
  fail(): void {
    const { chance } = this.#world;
    const way = chance.below(4);
    if (way === 0) this.status(chance.one([429, 500, 503]));
    else if (way === 1) this.#then(() => this.#socket.flow.close('reset'));
    else if (way === 2) this.#then(() => this.#socket.flow.close('end'));
    // Or nothing at all.
  }

  /** A part of an answer. @param from the id by which the rest is asked for; without one it is all that was left. */
  part(messages: readonly Json[], from?: string, question?: Question): void {
    this.#open('');
    if (from !== undefined) this.#then(() => this.#put(chunk(`id: ${from}\nretry: 200\ndata: \n\n`)));
    for (const message of messages) this.#then(() => this.event(message));
    if (question) this.#waits = { left: 2, isOver: () => question.isAnswered };
    this.#then(() => {
      if (from !== undefined && this.#world.draws(50)) this.#cut(chunk('data: {"half'));
      else this.#put('0\r\n\r\n');
      this.#end();
    });
  }

  perform(server: SimServer, plan: Plan, headers = ''): void {
    const world = this.#world;
    const mayBreak = plan.call !== undefined || world.draws(50);
    const speaks = plan.notes.length > 0 && !world.isCalm && world.draws(20);
    const fault: FaultName = mayBreak && world.breaks() ? world.chance.one(FAULTS) : speaks ? 'other-token' : 'none';
    world.note(`${server.name} > ${fault}`);
    const refusal = REFUSALS.find((name) => name === fault);
    if (plan.call && refusal === undefined) plan.call.ran = true;
    if (plan.call) plan.call.isBroken = NO_ANSWER.has(fault);
    if (plan.call && refusal === '404') server.ledger.refused(plan.call, plan.round);
    if (refusal !== undefined || fault === '500' || fault === '503')
      return this.status(Number(fault), fault === '503' ? 'retry-after: 1\r\n' : '');
    if (fault === 'silence') return undefined;
    if (fault === 'half-open') return void (this.#socket.isStuffed = true);
    if (fault === 'slow') this.#notBefore = world.time.elapsed() + world.chance.below(6000);
    if (fault === 'cut-before') return this.#then(() => this.#socket.flow.close('reset'));
    if (fault === 'end-before') return this.#then(() => this.#socket.flow.close('end'));
    if (fault === 'interim')
      this.#then(() => this.#put('HTTP/1.1 103 Early Hints\r\nlink: <x>\r\n\r\n'.repeat(world.chance.one([1, 20]))));
    const notes = fault === 'other-token' ? plan.notes.map(otherToken) : plan.notes;
    const answer = answerFor(fault, plan);
    if (notes.length > 0 || fault.endsWith('event') || plan.question || world.draws(30))
      this.#asEvents(fault, { notes, answer, headers, question: plan.question });
    else this.#asJson(fault, answer, headers);
  }

  #asJson(fault: FaultName, answer: Json, headers: string): void {
    const text = fault === 'not-json' ? '{"jsonrpc":"2.0",' : JSON.stringify(answer);
    const whole = `${head(200, `content-type: application/json\r\n${headers}`)}content-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`;
    this.#then(() => {
      if (fault === 'garbage')
        this.#put(this.#world.chance.one(['SSH-2.0-x\r\n', '\0\u0001\u0002', 'HTTP/1.1 2000 \r\n\r\n']));
      else if (fault === 'cut-head') this.#cut(whole.slice(0, 20));
      else if (fault === 'cut-body') this.#cut(whole.slice(0, -5));
      else this.#put(whole);
      if (fault === 'duplicate') this.#put(whole);
      if (fault === 'extra') this.#put('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi');
      if (fault === 'cut-after') this.#socket.flow.close('reset');
      this.#end();
    });
  }

  #asEvents(
    fault: FaultName,
    {
      notes,
      answer,
      headers,
      question,
    }: { notes: readonly Json[]; answer: Json; headers: string; question: Question | undefined },
  ): void {
    this.#open(headers);
    for (const message of notes) this.#then(() => this.event(message));
    if (question) this.#then(() => this.event(question.message));
    // Some do not wait for what they have asked.
    if (question && (this.#world.isCalm || !this.#world.draws(15)))
      this.#waits = { left: 2, isOver: () => question.isAnswered };
    this.#then(() => {
      const whole = fault === 'not-json' ? chunk('data: {"jsonrpc"\n\n') : eventChunk(answer);
      if (fault === 'end-event') this.#put('0\r\n\r\n');
      else if (fault === 'garbage') this.#put('zz\r\nnot a chunk');
      else if (fault.startsWith('cut-') && fault !== 'cut-after') this.#cut(whole.slice(0, whole.length >> 1));
      else this.#put(whole);
      if (fault === 'duplicate') this.#put(whole);
      const late = notes.at(-1);
      if (fault === 'note-after' && late) this.#put(eventChunk(late));
    });
    this.#then(() => {
      if (fault === 'cut-after') this.#socket.flow.close('reset');
      else if (fault !== 'end-event') this.#put('0\r\n\r\n');
      this.#end();
    });
  }

  #open(headers: string): void {
    this.#then(() => {
      this.#isStreaming = true;
      this.#put(`${head(200, `content-type: text/event-stream\r\n${headers}`)}transfer-encoding: chunked\r\n\r\n`);
      if (this.#world.draws(30)) this.#put(chunk(': still here\n\n'));
    });
  }

  #then(step: () => void): void {
    this.#steps.push(step);
  }

  #put(bytes: string): void {
    this.#socket.flow.put(bytes);
  }

  #cut(bytes: string): void {
    this.#put(bytes);
    this.#socket.flow.close(this.#world.chance.one(['reset', 'end']));
  }

  #end(): void {
    this.stop();
    this.#ended();
  }
}

function answerFor(fault: FaultName, { answer, call }: Plan): Json {
  if (fault === 'wrong-id') return { ...answer, id: Number(answer['id']) + 1000 };
  if (fault === 'oversized' && call) return { ...answer, result: { content: [{ type: 'text', text: OVERSIZED }] } };
  const canary = call?.canary ?? '';
  if (fault === 'error')
    return {
      jsonrpc: '2.0',
      id: answer['id'],
      error: { code: -32_000 - (canary.length % 3), message: `no ${canary}` },
    };
  return answer;
}

const otherToken = (message: Json): Json =>
  message['method'] !== 'notifications/progress'
    ? message
    : note('notifications/progress', { ...(message['params'] as Json), progressToken: 999_999, message: 'stray' });

const head = (status: number, headers: string): string => `HTTP/1.1 ${status} So\r\n${headers}`;

const chunk = (text: string): string => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;

const eventChunk = (message: Json): string => chunk(`event: message\ndata: ${JSON.stringify(message)}\n\n`);
