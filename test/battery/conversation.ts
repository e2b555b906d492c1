/** One connection, byte by byte: what is written is what is sent, and everything that comes back is kept. */
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { setImmediate as turn, setTimeout as pause } from 'node:timers/promises';
import { readAnswers, type Read } from './answers.ts';

export interface Door {
  readonly port: number;
  /** `undefined` below TLS and without. */
  readonly ca: string | undefined;
}

const KEPT_BYTES = 4 * 1024 * 1024;

export class Conversation implements Disposable {
  readonly #socket: Socket;
  /** The same, without TLS. */
  readonly #below: Socket;
  readonly #isBodiless: (index: number) => boolean;
  readonly #pieces: Buffer[] = [];
  #size = 0;
  #read: Read | undefined;
  #hasEnded = false;
  #error: Error | undefined;
  #changed: () => void = () => undefined;

  private constructor(
    { socket, below }: { readonly socket: Socket; readonly below: Socket },
    isBodiless: (index: number) => boolean,
  ) {
    this.#socket = socket;
    this.#below = below;
    this.#isBodiless = isBodiless;
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => this.#came(chunk));
    socket.on('end', () => this.#ended());
    socket.on('error', (error) => this.#ended(error));
    socket.on('close', () => this.#ended());
  }

  static async open({ port, ca }: Door, isBodiless: (index: number) => boolean): Promise<Conversation> {
    const below = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    const above = { socket: below, servername: 'localhost', ca, allowHalfOpen: true };
    const socket = ca === undefined ? below : connectTls({ ...above, ca });
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    socket.once(ca === undefined ? 'connect' : 'secureConnect', resolve);
    socket.once('error', reject);
    await promise;
    socket.off('error', reject);
    return new Conversation({ socket, below }, isBodiless);
  }

  /** What has come so far. */
  get read(): Read {
    this.#read ??= readAnswers(Buffer.concat(this.#pieces), this.#isBodiless);
    return this.#read;
  }

  /** All bytes, as text. */
  get text(): string {
    return Buffer.concat(this.#pieces).toString('latin1');
  }

  /** The other end will say no more. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Why, where it was not by saying so. */
  get error(): Error | undefined {
    return this.#error;
  }

  write(bytes: Buffer): void {
    if (this.#socket.writable) this.#socket.write(bytes);
  }

  /** Each piece by itself, as far as a sender can see to that. */
  async writeApart(pieces: readonly Buffer[]): Promise<void> {
    for (const piece of pieces) {
      if (!this.#socket.writable) return;
      this.write(piece);
      await turn();
    }
  }

  /** Goes on with the same bytes until the other end has had enough, or the time is over. */
  async drip(bytes: Buffer, pace: { readonly everyMs: number; readonly withinMs: number }): Promise<void> {
    for (let passed = 0; passed < pace.withinMs && !this.#hasEnded && this.#socket.writable; passed += pace.everyMs) {
      await pause(pace.everyMs);
      this.write(bytes);
    }
  }

  /** Says that no more will come. */
  finish(): void {
    this.#socket.end();
  }

  /** Ends it so that the other side sees an error. */
  reset(): void {
    this.#below.resetAndDestroy();
  }

  /** Whether it came to that before the time was over. */
  async until(holds: () => boolean, withinMs: number): Promise<boolean> {
    const timer = new AbortController();
    const late = pause(withinMs, 'late' as const, { signal: timer.signal }).catch(() => 'late' as const);
    try {
      while (!holds()) {
        const { promise, resolve } = Promise.withResolvers<'changed'>();
        this.#changed = () => resolve('changed');
        if ((await Promise.race([promise, late])) === 'late') return holds();
      }
      return true;
    } finally {
      timer.abort();
    }
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }

  #came(chunk: Buffer): void {
    this.#size += chunk.length;
    if (this.#size <= KEPT_BYTES) this.#pieces.push(chunk);
    this.#read = undefined;
    this.#changed();
  }

  #ended(error?: Error): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#error = error;
    this.#changed();
  }
}
