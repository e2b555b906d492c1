/** One request that a child works on: what it says meanwhile and in the end, and what it says wrongly. */
import type { FakeChild } from './child.ts';
import { note, type Json, type Plan, type Question } from './offer.ts';
import type { Source, World } from './world.ts';

const FAULTS = [
  'death',
  'noise',
  'silence',
  'hung',
  'wrong-id',
  'text-id',
  'duplicate',
  'broken',
  'oversized',
  'error',
  'closes',
  'slow',
  'note-after',
  'other-token',
] as const;
/** Those after which there is nothing that could be relayed as a result. */
const NO_ANSWER: ReadonlySet<FaultName> = new Set([
  'death',
  'silence',
  'hung',
  'wrong-id',
  'text-id',
  'broken',
  'oversized',
  'error',
]);
export type FaultName = (typeof FAULTS)[number] | 'none';
/** Longer than the gateway takes a line to be; see the bounds in `settings`. */
const OVERSIZED = 'y'.repeat(150_000);

/** What goes wrong with a request, and what that means for its call. */
export function draw(world: World, { call }: Plan): FaultName {
  const mayBreak = call !== undefined || world.draws(50);
  const fault: FaultName = mayBreak && world.breaks() ? world.chance.one(FAULTS) : 'none';
  if (call) {
    call.ran = true;
    call.isBroken = NO_ANSWER.has(fault);
  }
  return fault;
}

/** How long a child may go on speaking about what has ended. */
const LATE_MS = 900;

export class Work implements Source {
  readonly weight = 5;
  readonly #child: FakeChild;
  readonly #plan: Plan;
  readonly #fault: FaultName;
  readonly #notes: Json[];
  /** What has been asked and is not answered yet. */
  #question: Question | undefined;
  readonly #notBefore: number;
  #isAnswered = false;
  /** From when on nothing is said any more. */
  #silentFrom = Number.POSITIVE_INFINITY;

  constructor(child: FakeChild, plan: Plan, fault: FaultName) {
    const { world } = child.server;
    this.#child = child;
    this.#plan = plan;
    this.#fault = fault;
    this.#notes = [...plan.notes, ...(plan.question ? [plan.question.message] : [])];
    this.#notBefore = fault === 'slow' ? world.time.elapsed() + world.chance.below(6000) : 0;
  }

  get id(): unknown {
    return this.#plan.answer['id'];
  }

  get isReady(): boolean {
    if (this.#question && !this.#question.isAnswered) return false;
    return !this.#isAnswered && this.#child.server.world.time.elapsed() >= this.#notBefore;
  }

  act(): void {
    const next = this.#notes.shift();
    const { question } = this.#plan;
    const { world } = this.#child.server;
    if (next && next === question?.message) {
      // Some do not wait for what they have asked.
      if (world.isCalm || !world.draws(15)) this.#question = question;
      this.#child.say(next);
    } else if (next) this.#note(next);
    else this.#answer();
  }

  cancelled(): void {
    this.#silentFrom = Math.min(this.#silentFrom, this.#child.server.world.time.elapsed() + LATE_MS);
    this.#child.done(this);
  }

  #note(message: Json): void {
    const params = message['params'] as Json;
    const isOther = this.#fault === 'other-token' && message['method'] === 'notifications/progress';
    this.#child.say(
      isOther ? note(String(message['method']), { ...params, progressToken: 999_999, message: 'stray' }) : message,
      () => this.#isSilent(),
    );
  }

  #answer(): void {
    const { answer, call, notes } = this.#plan;
    const child = this.#child;
    const text = JSON.stringify(answer);
    child.broken(this.#fault);
    this.#isAnswered = true;
    switch (this.#fault) {
      case 'death':
      case 'silence':
      case 'hung':
        return undefined;
      case 'wrong-id':
        return child.say({ ...answer, id: 1_000_000 });
      case 'text-id':
        return child.say({ ...answer, id: String(answer['id']) });
      case 'broken':
        return child.raw(`${text.slice(0, -1)},"result":1}\n{"jsonrpc"\n[\n`);
      case 'oversized':
        return child.raw(OVERSIZED);
      case 'error':
        return child.say({
          jsonrpc: '2.0',
          id: answer['id'],
          error: { code: -32_000, message: `no ${call?.canary ?? ''}` },
        });
      case 'duplicate':
        child.say(answer);
        return child.say(answer);
      case 'note-after': {
        this.#say(answer);
        const late = notes.at(-1);
        return late && this.#note(late);
      }
      case 'none':
      case 'noise':
      case 'closes':
      case 'slow':
      case 'other-token':
        return this.#say(answer);
    }
  }

  /** When the last word leaves the little while begins in which something may be said after it. */
  #say(answer: Json): void {
    this.#child.say(answer, () => {
      this.cancelled();
      return false;
    });
  }

  #isSilent(): boolean {
    return this.#child.server.world.time.elapsed() >= this.#silentFrom;
  }
}
