/**
 * Every call by its canary: a text among its arguments that upstreams repeat in all they say about it. Judges at once what may not be: a second
 * answer, a call that an upstream gets again, a canary that another caller hears, a word about what lies behind.
 */
import type { World } from './world.ts';

export interface SimCall {
  readonly canary: string;
  /** Which client asked. */
  readonly client: number;
  /** Behind a pipe, of a client without a session: all of these are one caller, and a pipe cannot tell them apart. */
  readonly isOneForAll: boolean;
  state: 'open' | 'answered' | 'gone' | 'cancelled';
  /** How often it was written to an upstream, by round, and how often an upstream said that it did not take it. */
  readonly written: Map<string, number>;
  readonly refused: Map<string, number>;
  /** Whether any upstream began to work on it. */
  ran: boolean;
  /** Whether what the upstream answered is no answer. */
  isBroken: boolean;
  progress: number;
  /** How it ended. */
  end: 'result' | 'told' | 'error' | undefined;
}

/** What no client may ever read: addresses, commands, session ids and cursors of upstreams, progress of nothing that was asked. */
const BEHIND = /10\.77\.\d+\.\d+|:7\d{3}\b|upsess|upcur|upq~|simbin|secret-header|stray/u;
/** What no upstream may ever read: ids, tokens and sessions of clients. */
const BEFORE = /cid~|tok~/u;
const CANARY = /~c(\d+)n\d+~/gu;

export class Ledger {
  readonly calls = new Map<string, SimCall>();
  readonly #world: World;
  readonly #sessions = new Set<string>();
  #count = 0;

  constructor(world: World) {
    this.#world = world;
  }

  begin(client: number, isOneForAll: boolean): SimCall {
    const canary = `~c${client}n${(this.#count += 1)}~`;
    const call: SimCall = {
      canary,
      client,
      isOneForAll,
      state: 'open',
      written: new Map(),
      refused: new Map(),
      ran: false,
      isBroken: false,
      progress: -1,
      end: undefined,
    };
    this.calls.set(canary, call);
    return call;
  }

  get open(): readonly SimCall[] {
    return [...this.calls.values()].filter(({ state }) => state === 'open');
  }

  /** A session id that the gateway gave to a client. */
  session(id: string): void {
    this.#sessions.add(id);
  }

  of(text: string): SimCall | undefined {
    const [canary = ''] = text.match(CANARY) ?? [];
    return this.calls.get(canary);
  }

  /** The gateway has written a request to an upstream. */
  written(text: string, round: string): void {
    this.behind(text);
    const call = this.of(text);
    if (!call) return;
    const times = (call.written.get(round) ?? 0) + 1;
    call.written.set(round, times);
    if (times > 1 + (call.refused.get(round) ?? 0))
      this.#world.wrong(`${call.canary} is sent again (${times}) although its fate was unknown`);
  }

  /** An upstream turned it away without looking at it. */
  refused(call: SimCall | undefined, round: string): void {
    call?.refused.set(round, (call.refused.get(round) ?? 0) + 1);
  }

  /** Whatever an upstream is sent. */
  behind(text: string): void {
    const found = BEFORE.exec(text);
    if (found) this.#world.wrong(`an upstream reads what belongs to a client: ${around(text, found.index)}`);
    for (const id of this.#sessions)
      if (text.includes(id)) this.#world.wrong('an upstream reads the session id of a client');
  }

  /** Whatever a client is sent. */
  heard(text: string, client: { readonly index: number; readonly isAnonymous: boolean }, isLog = false): void {
    const found = BEHIND.exec(text);
    if (found) this.#world.wrong(`a client reads what lies behind: ${around(text, found.index)}`);
    for (const [canary, owner] of text.matchAll(CANARY)) {
      if (Number(owner) === client.index) continue;
      if (isLog && client.isAnonymous && this.calls.get(canary)?.isOneForAll === true) continue;
      this.#world.wrong(`client ${client.index} reads ${canary}: ${around(text, text.indexOf(canary))}`);
    }
  }

  /** The answer to a call. @param message JSON-RPC, or the body of a refusal. */
  answered(call: SimCall, message: Answered): void {
    call.state = 'answered';
    const text = JSON.stringify(message);
    const isTold = message.result?.['isError'] === true && !text.includes(call.canary);
    call.end = isTold ? 'told' : message.result ? 'result' : 'error';
    const isAsked = message.result?.['resultType'] === 'input_required';
    if (call.end === 'result' && call.isBroken && !isAsked)
      this.#world.wrong(`${call.canary} gets a result although its server gave none`);
    if (call.end === 'result' && !text.includes(call.canary))
      this.#world.wrong(`${call.canary} gets the result of something else: ${text.slice(0, 200)}`);
    for (const [canary] of text.matchAll(CANARY))
      if (canary !== call.canary) this.#world.wrong(`${call.canary} is answered with ${canary}`);
    if (call.ran && text.includes('The tool was not run.'))
      this.#world.wrong(`${call.canary} was run, and its caller is told that it was not: ${text.slice(0, 200)}`);
  }
}

export interface Answered {
  readonly result?: Readonly<Record<string, unknown>>;
  readonly error?: unknown;
}

const around = (text: string, at: number): string => text.slice(Math.max(0, at - 60), at + 60);
