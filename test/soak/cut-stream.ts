/**
 * One event stream of a session as a client with a bad line holds it: read byte by byte as far as luck goes, then cut, mostly in the middle of
 * an event, and resumed by `Last-Event-ID` on another connection. It judges nothing: what it heard is kept in order.
 */
import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { Fields } from './exchange.ts';
import type { Chance } from './random.ts';

export interface Line {
  readonly url: string;
  /** Session and version. */
  readonly headers: Readonly<Record<string, string>>;
  /** Without one the stream is opened by GET. */
  readonly body?: Fields;
  readonly chance: Chance;
  /** How often it is cut. */
  readonly cuts: number;
  /** At most so many bytes come between two cuts. */
  readonly maxBytes: number;
}

const RETRY_MS = 5;
const MAX_REFUSED = 20;

export class CutStream {
  readonly heard: Fields[] = [];
  /** Comments of more than nothing. */
  readonly remarks: string[] = [];
  lastEventId: string | undefined;
  cuts = 0;
  /** What went wrong for good. */
  failure: string | undefined;
  readonly #line: Line;
  #refused = 0;
  #isWanted = false;
  #stop: (() => void) | undefined;

  constructor(line: Line) {
    this.#line = line;
  }

  /** Reads until the response of the POST has come, or `stop`; resolves then. */
  async run(opened: () => void = () => undefined): Promise<void> {
    this.#isWanted = true;
    while (this.#isWanted && this.failure === undefined && !this.#isAnswered()) {
      await this.#connect(opened);
      if (this.#refused > 0) await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }

  /** Drops the connection, and does not come back before `run` is called again. */
  stop(): void {
    this.#isWanted = false;
    this.#stop?.();
  }

  #isAnswered(): boolean {
    return this.#line.body !== undefined && this.heard.some((message) => !('method' in message));
  }

  #connect(opened: () => void): Promise<void> {
    const { url, headers, body, chance, maxBytes } = this.#line;
    const isFirst = body !== undefined && this.lastEventId === undefined;
    const resuming = this.lastEventId === undefined ? {} : { 'last-event-id': this.lastEventId };
    const type = isFirst ? { 'content-type': 'application/json' } : {};
    const options = {
      method: isFirst ? 'POST' : 'GET',
      agent: false,
      headers: { accept: 'application/json, text/event-stream', ...headers, ...type, ...resuming },
    };
    return new Promise((resolve) => {
      const outbound = request(url, options, (inbound) => {
        if (inbound.statusCode === 200) opened();
        this.#refused = inbound.statusCode === 200 ? 0 : this.#refused + 1;
        if (inbound.statusCode === 204) this.stop();
        else if (this.#refused > MAX_REFUSED) this.failure = `${options.method} answers ${inbound.statusCode}`;
        this.#read(inbound, chance.below(maxBytes));
      });
      this.#stop = () => outbound.destroy();
      outbound.on('error', () => undefined);
      outbound.on('close', resolve);
      outbound.end(isFirst ? JSON.stringify(body) : '');
    });
  }

  /** A stream whose id has not come yet is spared: nobody could resume it. */
  #read(inbound: IncomingMessage, luck: number): void {
    let [text, left] = ['', luck];
    inbound.on('error', () => undefined);
    inbound.on('data', (chunk: Buffer) => {
      if (inbound.destroyed) return;
      const isCut = this.cuts < this.#line.cuts && chunk.length >= left;
      text += chunk.toString('latin1', 0, isCut ? Math.max(left, 0) : chunk.length);
      left -= chunk.length;
      text = this.#events(text);
      if (!isCut) return;
      if (this.lastEventId === undefined) {
        text = this.#events(text + chunk.toString('latin1', Math.max(left + chunk.length, 0)));
        return;
      }
      this.cuts += 1;
      inbound.destroy();
    });
  }

  /** Gives back what is no whole event yet. */
  #events(text: string): string {
    const blocks = text.split('\n\n');
    const rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const lines = block.split('\n');
      for (const line of lines) {
        if (line.startsWith('id: ')) this.lastEventId = line.slice(4);
        else if (line.startsWith(': ')) this.remarks.push(line.slice(2));
        else if (line.startsWith('data: {')) this.heard.push(JSON.parse(line.slice(6)) as Fields);
      }
    }
    return rest;
  }
}
