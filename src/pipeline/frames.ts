/** A call on its way through frames that follow one another: in from the outermost, out from the innermost, one promise for all of them. */
import type { Call } from '../core/call.ts';
import type { Outcome } from '../core/outcome.ts';
import type { Frame, Next } from '../core/stage.ts';
import { Fault, toFault } from '../kernel/fault.ts';

export function throughFrames(frames: readonly Frame[], next: Next): Next {
  return (call) => new Passage(frames, next, call).run();
}

class Passage {
  readonly #frames: readonly Frame[];
  readonly #next: Next;
  readonly #call: Call;
  /** What each frame gave when it was entered. */
  readonly #marks: unknown[];
  #entered = 0;

  constructor(frames: readonly Frame[], next: Next, call: Call) {
    this.#frames = frames;
    this.#next = next;
    this.#call = call;
    // As long as it will be: an array that grows takes room for many more.
    this.#marks = frames.slice();
  }

  run(): Promise<Outcome> {
    try {
      const held = this.#enter();
      return this.#leaving(held ? held.then(() => this.#next(this.#call)) : this.#next(this.#call));
    } catch (error) {
      return this.#leaving(Promise.reject(toFault(error)));
    }
  }

  /** Enters what has not been entered yet; a promise where a frame holds the call up. */
  #enter(): Promise<void> | undefined {
    while (this.#entered < this.#frames.length) {
      const mark = this.#frames[this.#entered]?.enter(this.#call);
      if (mark instanceof Promise) return this.#enterLater(mark);
      this.#isIn(mark);
    }
    return undefined;
  }

  async #enterLater(entering: Promise<unknown>): Promise<void> {
    this.#isIn(await entering);
    await this.#enter();
  }

  #isIn(mark: unknown): void {
    this.#marks[this.#entered] = mark;
    this.#entered += 1;
  }

  #leaving(work: Promise<Outcome>): Promise<Outcome> {
    return work.then(
      (outcome) => this.#leave(outcome),
      (error: unknown) => this.#leave(toFault(error)),
    );
  }

  #leave(came: Outcome | Fault): Outcome {
    let end = came;
    for (let i = this.#entered - 1; i >= 0; i -= 1) {
      try {
        end = this.#frames[i]?.leave(this.#call, this.#marks[i], end) ?? end;
      } catch (error) {
        end = toFault(error);
      }
    }
    if (end instanceof Fault) throw end;
    return end;
  }
}
