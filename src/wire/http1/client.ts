/** The client's side of HTTP/1.1: what is sent, who hears of the answer, how a connection is come by. `pool` does it. */
import type { Part } from '../../kernel/parts.ts';
import type { Socket } from 'node:net';
import { Fault } from '../../kernel/fault.ts';

export interface ClientRequest {
  readonly method: string;
  readonly path: string;
  /** Ready lines, `host` among them, without a length. */
  readonly headers: string;
  /** Copied when it is written, which may be later than `send`: leave it as it is until the answer comes. */
  readonly body: readonly Part[];
}

export interface ResponseHead {
  readonly status: number;
  /** Name in lower case. Of a header that came several times, all values as a list. Only inside `onHead`. */
  header(name: string): string | undefined;
}

/** Hears `onHead`, then `onData` any number of times, then `onEnd`; at any point `onError` instead. None of them may throw. */
export interface ResponseReceiver {
  /** A deadline has passed: whether the server may be silent for as long again, since it waits for something itself. */
  excuses?(): boolean;
  onHead(head: ResponseHead): void;
  /** The chunk is a view that is valid only during the call: copy what is kept. */
  onData(chunk: Buffer): void;
  onEnd(): void;
  onError(fault: Fault): void;
}

export interface Sent {
  /** Frees the socket. Nothing is heard afterwards. */
  abort(): void;
  /** Nobody waits for the rest: it has a moment to end, so that its socket can serve again. What still comes is heard. */
  hurry(): void;
  pause(): void;
  resume(): void;
  /** What came was an answer to something else: nothing that follows on its socket can be trusted. At the latest inside `onEnd`. */
  distrust(): void;
}

export interface Origin {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
}

export interface SocketEvents {
  /** Connected, and under TLS the peer's name has been checked. Through a proxy `socket` is another than the one that was dialled. */
  onOpen(socket: Socket): void;
  /** A view that is valid only during the call. */
  onData(chunk: Buffer): void;
  /** The peer will send no more. */
  onEnd(): void;
  /** What the peer was verified by has changed: no further request may go this way. */
  onStale(): void;
  /** Comes once, last, whether it ever opened or not. */
  onClose(error: Error | undefined): void;
}

/** Begins to connect. The only way from here to an address; `net` has it. */
export type Dial = (origin: Origin, events: SocketEvents) => Socket;

/** Why nobody was reached, where more can be said than that. */
export class DialFailure extends Error {
  /** For callers: one sentence about the server, which names no address. */
  readonly told: string;

  constructor(told: string, detail: string) {
    super(detail);
    this.told = told;
  }
}

/** Where a transfer is: waiting for a socket, or on one. */
export interface TransferPlace {
  leave(transfer: Transfer): void;
  hurry(transfer: Transfer): void;
  pause(): void;
  resume(): void;
  distrust(): void;
}

/** One request and its answer. waiting -> on a socket -> ended. Whatever happens, its receiver hears of one end only. */
export class Transfer implements Sent {
  request: ClientRequest;
  /** Whoever asked, or what decodes for him. */
  receiver: ResponseReceiver;
  /** The tick by which all of it must be over. */
  due: number;
  place: TransferPlace | undefined;
  isPaused = false;
  /** Stopped when nobody wants to hear more, even after the last byte has come. */
  decoder: { stop(): void } | undefined;
  #hasEnded = false;

  constructor(request: ClientRequest, receiver: ResponseReceiver, due: number) {
    this.request = request;
    this.receiver = receiver;
    this.due = due;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** The answer may be a long time coming: what was asked is not held until then. */
  written(): void {
    this.request = this.request.method === 'HEAD' ? WRITTEN_HEAD : WRITTEN;
  }

  abort(): void {
    this.decoder?.stop();
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.place?.leave(this);
  }

  hurry(): void {
    if (!this.#hasEnded) this.place?.hurry(this);
  }

  pause(): void {
    this.isPaused = true;
    if (!this.#hasEnded) this.place?.pause();
  }

  resume(): void {
    this.isPaused = false;
    if (!this.#hasEnded) this.place?.resume();
  }

  distrust(): void {
    this.place?.distrust();
  }

  end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.receiver.onEnd();
  }

  fail(fault: Fault): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.receiver.onError(fault);
  }
}

/** In place of a request that has been written. */
const WRITTEN: ClientRequest = { method: '', path: '', headers: '', body: [] };
const WRITTEN_HEAD: ClientRequest = { ...WRITTEN, method: 'HEAD' };

/** What goes wrong on the way to an upstream. The message is for the caller and names no address; the detail is for the log. */
export const transferFaults = {
  unreachable: (detail: string, told?: string) =>
    told === undefined
      ? new Fault('unreachable', 'The server could not be reached.', { detail, delivered: 'no' })
      : new Fault('unreachable', `The server could not be reached. ${told}`, { detail, reason: told, delivered: 'no' }),
  timedOut: (detail: string, delivered: 'no' | 'unknown') =>
    new Fault('timed-out', 'The server did not answer in time.', { detail, delivered }),
  interrupted: (detail: string, delivered: 'no' | 'unknown', told?: string) =>
    new Fault('interrupted', `The connection to the server was lost.${told === undefined ? '' : ` ${told}`}`, {
      detail,
      delivered,
    }),
  broken: (detail: string) =>
    new Fault('broken', 'The server gave an answer that is not valid HTTP.', { detail, delivered: 'unknown' }),
  undecodable: (detail: string) =>
    new Fault('broken', 'The server compressed its answer in a way that cannot be undone.', {
      detail,
      delivered: 'unknown',
    }),
  overloaded: () =>
    new Fault('overloaded', 'Too many requests wait for this server.', { delivered: 'no', retryAfterMs: 1000 }),
} as const;
