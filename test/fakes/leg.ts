/** Calls at a server of the session revisions that asks back, without a network: what the server says and hears is the test's. */
import type { Call } from '../../src/core/call.ts';
import type { Outcome } from '../../src/core/outcome.ts';
import { Budget } from '../../src/kernel/bounded.ts';
import { Fault } from '../../src/kernel/fault.ts';
import { Roll } from '../../src/kernel/roll.ts';
import { readReply } from '../../src/protocol/jsonrpc.ts';
import type { Ask, Reply } from '../../src/upstream/link/link.ts';
import type { Ground } from '../../src/upstream/mcp/ground.ts';
import { Leg } from '../../src/upstream/mcp/leg.ts';
import { Parking } from '../../src/upstream/mcp/parking.ts';
import { fakeCall, silentLog } from './call.ts';
import { FakeTime } from './time.ts';

export const FORMS = '{"elicitation":{}}';
export const PARKED_MS = 300_000;

export interface HouseBounds {
  readonly parked: number;
  readonly parkedPerCaller: number;
  readonly bufferedBytes: number;
}

/** One call as its server sees it. */
export interface Worked {
  readonly leg: Leg;
  /** How its first round ends. */
  readonly first: Promise<Outcome | undefined>;
  /** Asks for a form under this id. */
  readonly ask: (id: string, message?: string) => void;
  readonly says: (message: unknown) => void;
  readonly answer: (text: string) => void;
  readonly fail: (fault: Fault) => void;
}

export class House {
  readonly time = new FakeTime();
  readonly counts = { parked: 0, legs: 0 };
  readonly buffered: Budget;
  readonly parking: Parking;
  /** What the server was told beside the calls themselves. */
  readonly told: string[] = [];
  /** The server does not take what it is told. */
  isDeaf = false;
  readonly #ground: Ground;
  #ids = 0;
  #sent: { readonly resolve: (reply: Reply) => void; readonly reject: (fault: Fault) => void } | undefined;

  constructor({ parked = 10, parkedPerCaller = 10, bufferedBytes = 1_000_000 }: Partial<HouseBounds> = {}) {
    const { time, counts } = this;
    const bounds = { parked, parkedPerCaller, parkedTimeoutMs: PARKED_MS };
    this.buffered = new Budget(bufferedBytes);
    this.parking = new Parking({ time, bounds, counts });
    const { buffered, parking } = this;
    const link = {
      request: (ask: Ask) => this.#request(ask),
      notify: (message: string, _: string, failed?: (fault: Fault) => void) => {
        this.told.push(message);
        if (this.isDeaf) failed?.(new Fault('broken', 'deaf'));
      },
      end: () => undefined,
    };
    this.#ground = {
      link,
      environment: { time, counts, buffered, parking, bounds, log: silentLog },
      headers: '',
      revision: '2025-11-25',
      offered: FORMS,
      relaysRoots: false,
      handle: undefined,
      legs: new Roll<Leg>(),
      heard: () => undefined,
      left: () => undefined,
    } as unknown as Ground;
  }

  /** Begins a call. */
  begin(over: Partial<Call> = {}): Worked {
    const leg = new Leg(this.#ground, callOf(over), FORMS);
    const first = leg.run();
    first.catch(() => undefined);
    const id = this.#ids;
    const sent = this.#sent;
    const says = (message: unknown): void => leg.heard(read(message), id);
    return {
      leg,
      first,
      says,
      ask: (question, message = 'Name?') =>
        says({ id: question, method: 'elicitation/create', params: { message, requestedSchema: SCHEMA } }),
      answer: (text) =>
        sent?.resolve({
          status: 200,
          message: read({ id, result: { content: [{ type: 'text', text }] } }),
          header: () => undefined,
        }),
      fail: (fault) => sent?.reject(fault),
    };
  }

  /** Begins a call that is asked one thing and parked. */
  async park(over: Partial<Call> = {}): Promise<Worked & { readonly asked: Asked }> {
    const worked = this.begin(over);
    worked.ask('q1');
    this.time.pass(25);
    return { ...worked, asked: asking(await worked.first) };
  }

  /** The next round. */
  again({ held }: Asked, answers: unknown = {}, over: Partial<Call> = {}): Promise<Outcome> {
    const round = { answers: JSON.stringify(answers), state: undefined, held };
    const outcome = this.parking.resume(callOf({ ...over, round }));
    outcome.catch(() => undefined);
    return outcome;
  }

  /** What the server was told in answer to its question. */
  answersTo(question: string): unknown[] {
    return this.told.map((text) => JSON.parse(text) as { readonly id?: string }).filter(({ id }) => id === question);
  }

  get cancelled(): number {
    return this.told.filter((text) => text.includes('notifications/cancelled')).length;
  }

  #request(ask: Ask): Promise<Reply> {
    const { promise, resolve, reject } = Promise.withResolvers<Reply>();
    this.#ids += 1;
    ask.params(this.#ids);
    this.#sent = { resolve, reject };
    ask.abort.listen(({ kind, message }) => reject(new Fault(kind, message, { delivered: 'unknown' })));
    return promise;
  }
}

const SCHEMA = { type: 'object', properties: { name: { type: 'string' } } };
export const ANN = { action: 'accept', content: { name: 'Ann' } };

/** What a client is asked, and what that comes back to. */
export interface Asked {
  readonly held: string;
  readonly keys: readonly string[];
}

export function asking(outcome: Outcome | undefined): Asked {
  if (outcome?.kind !== 'input-required') throw new Error(`not asked: ${outcome?.kind}`);
  const { inputRequests } = outcome.payload.parse() as { readonly inputRequests: object };
  return { held: outcome.held ?? '', keys: Object.keys(inputRequests) };
}

export function text(outcome: Outcome | undefined): string {
  if (outcome?.kind !== 'result') throw new Error(`no result: ${outcome?.kind}`);
  const { content } = outcome.payload.parse() as { readonly content: readonly { readonly text: string }[] };
  return content[0]?.text ?? '';
}

/** The answers to all that was asked. */
export const accepted = ({ keys }: Asked): unknown => Object.fromEntries(keys.map((key) => [key, ANN]));

const callOf = (over: Partial<Call>): Call => fakeCall('tools/call', { name: 'ask' }, { able: FORMS, ...over });
const read = (message: unknown) =>
  readReply(Buffer.from(JSON.stringify({ jsonrpc: '2.0', ...(message as object) })), 64);
