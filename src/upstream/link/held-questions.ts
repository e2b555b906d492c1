/** Questions of a child that came between two requests: kept for the next, a few and for a while; the rest are refused. */
import type { Time, Timer } from '../../kernel/time.ts';
import type { Message } from '../../protocol/jsonrpc.ts';

const MAX_HELD = 8;
const HELD_MS = 60_000;

interface Held {
  readonly question: Message;
  readonly late: Timer;
}

export class HeldQuestions {
  readonly #time: Time;
  readonly #refuse: (question: Message) => void;
  readonly #held = new Set<Held>();

  constructor(time: Time, refuse: (question: Message) => void) {
    this.#time = time;
    this.#refuse = refuse;
  }

  get isEmpty(): boolean {
    return this.#held.size === 0;
  }

  add(question: Message): void {
    if (this.#held.size >= MAX_HELD) {
      this.#refuse(question);
      return;
    }
    const late = this.#time.after(HELD_MS, () => {
      this.#held.delete(held);
      this.#refuse(question);
    });
    const held: Held = { question, late };
    this.#held.add(held);
  }

  /** All of them, for whoever can have them answered. */
  taken(): readonly Message[] {
    const questions = [...this.#held].map(({ question }) => question);
    this.close();
    return questions;
  }

  /** Nobody is left to be told anything. */
  close(): void {
    for (const { late } of this.#held) late.cancel();
    this.#held.clear();
  }
}
