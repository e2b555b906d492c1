/** The real server with its connections on fake sockets and a fake clock, and a record of every exchange that it hands out. */
import { Server } from 'node:net';
import { Budget } from '../../../src/kernel/bounded.ts';
import type { WireBounds } from '../../../src/wire/bounds.ts';
import { Output } from '../../../src/wire/http1/output.ts';
import { Parsers } from '../../../src/wire/http1/parser.ts';
import { HttpServer } from '../../../src/wire/http1/server.ts';
import type { Exchange, ResponseStream } from '../../../src/wire/http1/serving.ts';
import { FakeTime } from '../../fakes/time.ts';
import { FakeSocket } from './socket.ts';

export const BOUNDS: WireBounds = {
  headerBytes: 1024,
  headers: 20,
  targetBytes: 100,
  bodyBytes: 2000,
  headerTimeoutMs: 2000,
  bodyTimeoutMs: 4000,
  idleTimeoutMs: 6000,
  connections: 100,
  connectionsPerAddress: 2,
  streamQueueBytes: 3000,
};

/** One exchange and what became of it. */
export interface Begun {
  readonly exchange: Exchange;
  readonly client: FakeSocket;
  /** `undefined` before its body has come. */
  body: string | undefined;
  /** How it was answered, as far as it was. */
  answer: { readonly status: number; body: string; readonly isStream: boolean; isOver: boolean } | undefined;
  stream: ResponseStream | undefined;
  gone: number;
}

export interface HouseOptions {
  readonly bufferedBytes: number;
  /** What an owner does as soon as the body has come. */
  readonly react: (begun: Begun, house: House) => void;
}

const parsers = new Parsers();

export class House {
  readonly time = new FakeTime();
  readonly buffered: Budget;
  readonly begun: Begun[] = [];
  readonly clients: FakeSocket[] = [];
  readonly wrongs: string[] = [];
  readonly #server: HttpServer;
  #listener: Server | undefined;

  private constructor({ bufferedBytes, react }: HouseOptions) {
    let ids = 0;
    this.buffered = new Budget(bufferedBytes);
    this.#server = new HttpServer({
      bounds: BOUNDS,
      time: this.time,
      buffered: this.buffered,
      parsers,
      // A script's step is over when all that follows from it has happened.
      output: new Output({ soon: queueMicrotask }),
      requestId: () => `r${(ids += 1)}`,
      singletons: ['x-once'],
      underscored: [],
      refusal: (status, kind, message) => JSON.stringify({ status, kind, message }),
      onHead: (exchange) => this.#head(exchange),
      onRequest: (exchange, body) => {
        const begun = this.begun.find((one) => one.exchange === exchange);
        if (!begun) this.wrongs.push('a request without a head');
        else if (begun.body !== undefined) this.wrongs.push('a request came twice');
        else if (begun.answer || begun.gone > 0) this.wrongs.push('a request came after its end');
        else {
          begun.body = body.toString('latin1');
          react(begun, this);
        }
      },
    });
  }

  static async open(options: HouseOptions): Promise<House> {
    const house = new House(options);
    // No port is opened: clients come through `connect`.
    const real = Object.getOwnPropertyDescriptor(Server.prototype, 'listen') ?? {};
    const listen = function listenNowhere(this: Server, ...given: unknown[]): Server {
      house.#listener = this;
      queueMicrotask(given.find((one) => typeof one === 'function') as () => void);
      return this;
    };
    Object.defineProperty(Server.prototype, 'listen', { ...real, value: listen });
    try {
      await house.#server.listen({ host: '127.0.0.1', port: 1 });
    } finally {
      Object.defineProperty(Server.prototype, 'listen', real);
    }
    return house;
  }

  get lent(): number {
    return parsers.lent;
  }

  get connections(): number {
    return this.#server.connections;
  }

  connect(): FakeSocket {
    const socket = new FakeSocket(`127.0.0.${this.clients.length}`);
    this.clients.push(socket);
    this.#listener?.emit('connection', socket);
    return socket;
  }

  drain(): void {
    this.#server.drain();
  }

  async close(): Promise<void> {
    await this.#server.close();
  }

  answer(begun: Begun, status: number, body: string): void {
    begun.answer = { status, body, isStream: false, isOver: true };
    begun.exchange.respond(status, 'x-ours: 1\r\n', Buffer.from(body, 'latin1'));
  }

  openStream(begun: Begun): void {
    begun.answer = { status: 200, body: '', isStream: true, isOver: false };
    begun.stream = begun.exchange.stream(200, 'x-ours: 1\r\n');
    begun.stream.onDrain(() => {
      if (begun.gone > 0 || begun.answer?.isOver === true) this.wrongs.push('a stream that is over was drained');
    });
  }

  write(begun: Begun, bytes: string): void {
    if (begun.stream?.write(Buffer.from(bytes, 'latin1')) === true && begun.answer) begun.answer.body += bytes;
  }

  endStream(begun: Begun): void {
    begun.stream?.end();
    if (begun.answer) begun.answer.isOver = true;
  }

  #head(exchange: Exchange): void {
    const client = this.clients.find(({ remoteAddress }) => remoteAddress === exchange.from.address);
    if (!client) return void this.wrongs.push('an exchange of nobody');
    const begun: Begun = { exchange, client, body: undefined, answer: undefined, stream: undefined, gone: 0 };
    this.begun.push(begun);
    exchange.onGone(() => (begun.gone += 1));
    if (exchange.target.startsWith('/early')) this.answer(begun, 403, 'early');
  }
}
