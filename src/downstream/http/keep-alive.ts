/** Comments on every open event stream, so that nobody in between takes it for dead: one timer for all of them. */
import type { Time } from '../../kernel/time.ts';
import type { ResponseStream } from '../../wire/http1/serving.ts';
import { SSE_COMMENT } from '../../wire/sse.ts';

const EVERY_MS = 15_000;

export class KeepAlive {
  readonly #streams = new Set<ResponseStream>();
  readonly #stop: () => void;

  constructor(time: Time) {
    const timer = time.every(EVERY_MS, () => {
      for (const stream of this.#streams) stream.write(SSE_COMMENT);
    });
    this.#stop = () => timer.cancel();
  }

  /** Streams that are open. */
  get size(): number {
    return this.#streams.size;
  }

  add(stream: ResponseStream): void {
    this.#streams.add(stream);
  }

  remove(stream: ResponseStream): void {
    this.#streams.delete(stream);
  }

  close(): void {
    this.#stop();
  }
}
