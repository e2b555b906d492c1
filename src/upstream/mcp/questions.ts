/** The questions of one call that have no answer yet: how many, how large, and that each is answered once. Made for a call that is asked something. */
import type { Ask, ClientAnswer } from '../../core/question.ts';
import { Fault } from '../../kernel/fault.ts';
import type { Message } from '../../protocol/jsonrpc.ts';
import type { Ground } from './ground.ts';
import { givenUp, replyTo } from './peer-requests.ts';
import { isWithdrawnBy, replyFor, type OpenQuestion } from './rounds.ts';

/** Of one call; with it the number of its rounds is bounded. */
const MAX_QUESTIONS = 100;

export class Questions {
  readonly #ground: Ground;
  readonly #untold: (fault: Fault) => void;
  #open: OpenQuestion[] = [];
  #asked = 0;
  #isAnswered = false;

  /** @param untold hears that the server did not get an answer: it may wait for it in vain. */
  constructor(ground: Ground, untold: (fault: Fault) => void) {
    this.#ground = ground;
    this.#untold = untold;
  }

  get isEmpty(): boolean {
    return this.#open.length === 0;
  }

  /** Those that the client was asked in this round and has not answered. */
  of(round: number): OpenQuestion[] {
    return this.#open.filter((open) => open.round === round);
  }

  /** Gives back why the call cannot go on, where there is no room for another. */
  add(open: OpenQuestion): Fault | undefined {
    this.#asked += 1;
    if (this.#asked > MAX_QUESTIONS)
      return new Fault('broken', 'The server asks the client without end.', { delivered: 'yes' });
    if (!this.#ground.environment.buffered.take(sizeOf(open)))
      return new Fault('overloaded', 'The gateway holds too much at once (bounds.bufferedBytes).', {
        delivered: 'yes',
      });
    this.#open.push(open);
    return undefined;
  }

  /** Of a client that can be asked while its call goes on. */
  async ask(open: OpenQuestion, ask: Ask): Promise<void> {
    const answer = await ask(open.question, open.abort).then(
      (given) => replyFor(open, given, this.#ground.revision),
      () => givenUp(open.question.method),
    );
    this.tell(open, answer);
  }

  /** All that there are make up this round. */
  begin(round: number): void {
    this.#open.forEach((open, index) => {
      open.round = round;
      open.key = `r${round}_${index + 1}`;
    });
  }

  /** Answers one, if it still waits. */
  tell(open: OpenQuestion, answer: ClientAnswer): void {
    if (!this.#close(open)) return;
    this.#isAnswered = true;
    this.#ground.link.notify(replyTo(open.id, answer), this.#ground.headers, this.#untold);
  }

  /** Nobody will answer them. */
  giveUp(): void {
    for (const open of this.#open) {
      this.tell(open, givenUp(open.question.method));
      open.abort.now(new Fault('cancelled', 'Nobody waits for the answer any more.'));
    }
  }

  /** The server no longer wants to know; `false` where it asked nothing of the kind. */
  withdrawn(message: Message): boolean {
    const open = this.#open.find((one) => isWithdrawnBy(message, one));
    if (!open) return false;
    this.#close(open);
    open.abort.now(new Fault('cancelled', 'The server no longer waits for the answer.'));
    return true;
  }

  end(): void {
    for (const open of this.#open) {
      this.#close(open);
      open.abort.now(new Fault('cancelled', 'The call has ended.'));
    }
  }

  /** The server may be silent while it waits, and begins anew when it has an answer. */
  excuses(): boolean {
    const excused = this.#open.length > 0 || this.#isAnswered;
    this.#isAnswered = false;
    return excused;
  }

  #close(open: OpenQuestion): boolean {
    if (!this.#open.includes(open)) return false;
    this.#open = this.#open.filter((other) => other !== open);
    this.#ground.environment.buffered.give(sizeOf(open));
    return true;
  }
}

const sizeOf = ({ question }: OpenQuestion): number => question.params.length;
