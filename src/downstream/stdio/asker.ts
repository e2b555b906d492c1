/** A request of a session that came on the pipe, and its way back: the session's client hears everything on the one pipe that there is. */
import type { Part } from '../../kernel/parts.ts';
import type { Origin } from '../origin.ts';
import type { Asker } from '../rev2025/answer.ts';
import type { Session } from '../rev2025/session.ts';
import type { Reply } from './reply.ts';

export class LineAsker implements Asker {
  readonly session: Session;
  readonly #reply: Reply;

  constructor(reply: Reply, session: Session) {
    this.#reply = reply;
    this.session = session;
  }

  get visit(): Origin {
    return this.#reply.visit;
  }

  note(message: readonly Part[]): void {
    this.#reply.note(message);
  }

  ask(message: readonly Part[]): boolean {
    return this.#reply.ask(message);
  }

  answer(status: number, message: Part[] | undefined): void {
    if (message) this.#reply.answer(status, message);
  }
}
