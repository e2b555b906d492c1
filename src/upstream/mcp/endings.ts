/**
 * What came of each round of one call, for a client that did not hear of it and asks again. Copies, charged to the budget: nothing is held of the
 * exchanges that they came in, nor of the call itself.
 */
import type { Outcome } from '../../core/outcome.ts';
import { Payload } from '../../core/payload.ts';
import type { Budget } from '../../kernel/bounded.ts';
import { Fault } from '../../kernel/fault.ts';
import { unknownState, type Ended, type Resumable } from './parking.ts';

/** Rounds whose end is told again, the latest ones. */
const KEPT_ROUNDS = 8;
/** What each is charged besides its own length. */
const ENDING_BYTES = 512;

export class Endings implements Ended {
  readonly id: string;
  readonly owner: string;
  readonly #budget: Budget;
  readonly #kept = new Map<number, Ending>();

  constructor({ id, owner }: Pick<Resumable, 'id' | 'owner'>, budget: Budget) {
    this.id = id;
    this.owner = owner;
    this.#budget = budget;
  }

  /** `false`: there is no room for it. */
  keep(round: number, end: Outcome | Fault): boolean {
    const bytes = ENDING_BYTES + lengthOf(end);
    if (!this.#budget.take(bytes)) return false;
    this.#drop(round);
    this.#drop(round - KEPT_ROUNDS);
    this.#kept.set(round, { bytes, again: end instanceof Fault ? faultAgain(end) : outcomeAgain(end) });
    return true;
  }

  /** The same end once more; `undefined` where none is known. */
  of(round: number): Promise<Outcome> | undefined {
    const end = this.#kept.get(round)?.again();
    return end instanceof Fault ? Promise.reject(end) : end && Promise.resolve(end);
  }

  resume(_: unknown, round: number): Promise<Outcome> {
    return this.of(round) ?? Promise.reject(unknownState());
  }

  release(): void {
    for (const round of this.#kept.keys()) this.#drop(round);
  }

  #drop(round: number): void {
    const ending = this.#kept.get(round);
    this.#kept.delete(round);
    if (ending) this.#budget.give(ending.bytes);
  }
}

interface Ending {
  readonly bytes: number;
  readonly again: () => Outcome | Fault;
}

function lengthOf(end: Outcome | Fault): number {
  if (end instanceof Fault) return end.message.length + (end.detail?.length ?? 0);
  if (end.kind === 'error') return end.json.length;
  return (end.kind === 'accepted' ? end.task : end.payload).raw.length;
}

function outcomeAgain(outcome: Outcome): () => Outcome {
  if (outcome.kind === 'error') {
    const { kind, code } = outcome;
    const json = copied(outcome.json);
    return () => ({ kind, code, json });
  }
  if (outcome.kind === 'accepted') {
    const { kind } = outcome;
    const task = copied(outcome.task.raw);
    return () => ({ kind, task: Payload.ofResult(task) });
  }
  const { payload, ...rest } = outcome;
  const raw = copied(payload.raw);
  return () => ({ ...rest, payload: Payload.ofResult(raw) });
}

/** An error holds on to whatever was running where it came up. */
function faultAgain({ kind, message, detail, reason, delivered, retryAfterMs, data }: Fault): () => Fault {
  const told = {
    delivered,
    ...(detail === undefined ? {} : { detail }),
    ...(reason === undefined ? {} : { reason }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(data === undefined ? {} : { data }),
  };
  return () => new Fault(kind, message, told);
}

/** Memory of its own, not a piece of what many share. */
function copied(bytes: Buffer): Buffer {
  const copy = Buffer.allocUnsafeSlow(bytes.length);
  bytes.copy(copy);
  return copy;
}
