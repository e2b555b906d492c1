/** What a simulated server has and does, in whatever revision and over whatever it is reached. All that it says about a call repeats the call's canary. */
import type { Ledger, SimCall } from './ledger.ts';
import type { World } from './world.ts';

export type Json = Readonly<Record<string, unknown>>;

export interface Request {
  readonly id: number | string;
  readonly method: string;
  readonly params: Json;
}

export interface Plan {
  /** Notifications, in order. */
  readonly notes: readonly Json[];
  /** The whole answer. */
  readonly answer: Json;
  readonly call: SimCall | undefined;
  readonly round: string;
  /** What it asks its client before it answers. */
  readonly question?: Question | undefined;
}

/** A server of the session revisions asks in the middle of a call. */
export interface Question {
  readonly id: string;
  readonly message: Json;
  readonly call: SimCall;
  /** The session, or the process, that asks. */
  readonly place: object;
  isAnswered: boolean;
}

export type Revision = '2026-07-28' | '2025-11-25';

/** Where a server speaks unasked. */
export interface Feed {
  listChanged(): void;
  updated(uri: string): void;
}

export const CAPABILITIES = {
  tools: { listChanged: true },
  resources: { subscribe: true, listChanged: true },
  logging: {},
};
export const BIG_CHARACTERS = 40_000;
const KEY = 'io.modelcontextprotocol/';

export class SimServer {
  readonly name: string;
  readonly revision: Revision;
  readonly world: World;
  readonly ledger: Ledger;
  readonly feeds = new Set<Feed>();
  /** Of what it offers; there is one more tool with each. */
  version = 0;
  /** Sessions that were ever given out. */
  sessions = 0;
  readonly #questions = new Map<string, Question>();

  constructor(world: World, ledger: Ledger, made: { readonly name: string; readonly revision: Revision }) {
    this.world = world;
    this.ledger = ledger;
    this.name = made.name;
    this.revision = made.revision;
  }

  get info(): Json {
    return { name: this.name, version: '1' };
  }

  changed(): void {
    this.version += 1;
    for (const feed of this.feeds) feed.listChanged();
  }

  updated(uri: string): void {
    for (const feed of this.feeds) feed.updated(uri);
  }

  /** @param asks the session or process in which this comes, where its other end said that it can be asked. */
  plan(request: Request, asks?: object): Plan {
    const { id, method, params } = request;
    const call = this.ledger.of(JSON.stringify(params));
    const round = params['requestState'] === undefined ? 'first' : 'second';
    const answered = this.#result(method, params, call);
    const answer = { jsonrpc: '2.0', id, ...answered };
    const question = call && asks && params['name'] === 'ask' ? this.#question(call, asks) : undefined;
    return { notes: call ? this.#notes(request, call) : [], answer, call, round, question };
  }

  /** What comes back: once, where it was asked, and nobody else's. */
  answered(message: Json, place: object): void {
    const { world } = this;
    const question = this.#questions.get(String(message['id']));
    const canary = question?.call.canary ?? '';
    if (question?.place !== place) return world.wrong(`${this.name} is answered what it has not asked there ${canary}`);
    if (question.isAnswered) return world.wrong(`${this.name} is answered twice by ${canary}`);
    question.isAnswered = true;
    const content = (message['result'] as Json | undefined)?.['content'];
    const name = (content as Json | undefined)?.['name'];
    if (content !== undefined && name !== valueOf(canary))
      world.wrong(`${this.name} asks ${canary} and is answered ${JSON.stringify(content)}`);
    return world.note(`${this.name} has its answer of ${canary}`);
  }

  #question(call: SimCall, place: object): Question {
    const id = `upq~${this.name}-${this.#questions.size}`;
    const params = { message: `Who asks ${call.canary}?`, requestedSchema: NAME };
    const message = { jsonrpc: '2.0', id, method: 'elicitation/create', params };
    const question = { id, message, call, place, isAnswered: false };
    this.#questions.set(id, question);
    return question;
  }

  #result(method: string, params: Json, call: SimCall | undefined): Json {
    const hints = this.revision === '2026-07-28' ? { resultType: 'complete' } : {};
    const cacheable = this.revision === '2026-07-28' ? { ...hints, ttlMs: 0, cacheScope: 'public' } : {};
    switch (method) {
      case 'server/discover':
        return {
          result: {
            ...cacheable,
            supportedVersions: [this.revision],
            capabilities: CAPABILITIES,
            serverInfo: this.info,
          },
        };
      case 'initialize':
        return { result: { protocolVersion: this.revision, capabilities: CAPABILITIES, serverInfo: this.info } };
      case 'tools/list':
        return { result: { ...cacheable, ...this.#tools(params['cursor']) } };
      case 'resources/list':
        return { result: { ...cacheable, resources: [{ uri: `note://${this.name}/one`, name: 'one' }] } };
      case 'resources/templates/list':
        return {
          result: { ...cacheable, resourceTemplates: [{ uriTemplate: `note://${this.name}/{id}`, name: 'any' }] },
        };
      case 'resources/read':
        return { result: { ...cacheable, contents: [{ uri: params['uri'], text: `read ${call?.canary ?? ''}` }] } };
      case 'tools/call':
        return this.#called(params, call, hints);
      case 'ping':
      case 'logging/setLevel':
      case 'resources/subscribe':
      case 'resources/unsubscribe':
        return { result: {} };
      default:
        return { error: { code: -32_601, message: `Method not found ${call?.canary ?? ''}` } };
    }
  }

  /** Two pages. */
  #tools(cursor: unknown): Json {
    const names = ['echo', 'work', 'ask', 'big', ...Array.from({ length: this.version % 3 }, (_, i) => `more${i}`)];
    const tools = names.map((name) => ({ name, description: name, inputSchema: { type: 'object' } }));
    if (cursor === undefined) return { tools: tools.slice(0, 2), nextCursor: `upcur-${this.name}-2` };
    return { tools: tools.slice(2) };
  }

  #called(params: Json, call: SimCall | undefined, hints: Json): Json {
    const canary = call?.canary ?? '';
    const { name } = params;
    if (name === 'ask' && this.revision === '2026-07-28' && params['requestState'] === undefined) {
      const question = {
        method: 'elicitation/create',
        params: { mode: 'form', message: `Who asks ${canary}?`, requestedSchema: NAME },
      };
      return {
        result: { resultType: 'input_required', inputRequests: { who: question }, requestState: `state ${canary}` },
      };
    }
    if (name === 'ask' && params['requestState'] !== undefined && params['requestState'] !== `state ${canary}`)
      this.world.wrong(`${canary} brings back the state of something else`);
    const text = name === 'big' ? `${canary}${'x'.repeat(BIG_CHARACTERS)}` : `done ${canary}`;
    return { result: { ...hints, content: [{ type: 'text', text }] } };
  }

  #notes({ params }: Request, { canary }: SimCall): Json[] {
    const meta = params['_meta'] as Json | undefined;
    const token = meta?.['progressToken'];
    if (params['name'] !== 'work') return [];
    const steps = 1 + this.world.chance.below(3);
    const notes: Json[] = [];
    for (let progress = 1; progress <= steps; progress += 1) {
      if (token !== undefined)
        notes.push(note('notifications/progress', { progressToken: token, progress, message: `at ${canary}` }));
      const wantsLogs = this.revision !== '2026-07-28' || meta?.[`${KEY}logLevel`] !== undefined;
      if (wantsLogs) notes.push(note('notifications/message', { level: 'error', data: `log ${canary}` }));
    }
    return notes;
  }
}

const NAME = { type: 'object', properties: { name: { type: 'string', maxLength: 40 } }, required: ['name'] };
/** The only right answer. */
export const valueOf = (canary: string): string => `val ${canary}`;

export const note = (method: string, params: Json): Json => ({ jsonrpc: '2.0', method, params });
