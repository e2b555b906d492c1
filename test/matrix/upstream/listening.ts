/** What the three HTTP fixtures share: a port of their own, bodies read whole, and answers as JSON or as events. */
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { read, Refusal, refused } from '../../fixtures/conformance/message.ts';
import type { Fields, Id, Message } from '../../fixtures/conformance/message.ts';

export interface Listening extends AsyncDisposable {
  /** Without a path. */
  readonly origin: string;
}

export type Serve = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

export async function listenOn(serve: Serve): Promise<Listening> {
  const server = createServer((request, response) => {
    serve(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

export interface Body {
  readonly raw: string;
  readonly message: Message | undefined;
}

export async function readBody(request: IncomingMessage): Promise<Body> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  const raw = Buffer.concat(chunks).toString();
  try {
    return { raw, message: read(JSON.parse(raw)) };
  } catch {
    return { raw, message: undefined };
  }
}

export function sayJson(
  response: ServerResponse,
  status: number,
  message: Fields,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(message));
}

export function refuse(response: ServerResponse, status: number, code: number, { id = null, text }: Because): void {
  sayJson(response, status, refused(id, new Refusal(code, text)));
}

export interface Because {
  readonly id?: Id | null;
  readonly text: string;
}

/** An event stream, begun at its first event unless told earlier. */
export class EventWriter {
  readonly #response: ServerResponse;
  readonly #name: string | undefined;
  #count = 0;

  /** @param name gives each event an id that begins with it. */
  constructor(response: ServerResponse, name?: string) {
    this.#response = response;
    this.#name = name;
  }

  get begun(): boolean {
    return this.#response.headersSent;
  }

  begin(headers: Record<string, string> = {}): void {
    if (this.begun) return;
    this.#response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache', ...headers });
    this.#response.flushHeaders();
  }

  /** Data goes as it is: JSON text, nothing, or a path. */
  event(data: string, name?: string): void {
    this.begin();
    this.#count += 1;
    const id = this.#name === undefined ? '' : `id: ${this.#name}.${this.#count}\n`;
    const of = name === undefined ? '' : `event: ${name}\n`;
    if (!this.#response.writableEnded) this.#response.write(`${id}${of}data: ${data}\n\n`);
  }

  end(): void {
    this.begin();
    this.#response.end();
  }
}
