/** Streams that stay open with nothing to say, each on a socket of its own: the GET stream of a session, and `subscriptions/listen`. */
import { once } from 'node:events';
import { connect as connectPlain } from 'node:net';
import type { Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { initialize, initialized, within } from './session.ts';
import { request } from './workloads.ts';

export type StreamKind = 'get' | 'listen';

const AT_ONCE = 64;
const ANSWER_MS = 20_000;

export class Streams implements Disposable {
  readonly #url: URL;
  readonly #sockets: Socket[] = [];
  #gone = 0;

  constructor(url: string) {
    this.#url = new URL(url);
  }

  /** Of those that were opened, how many the other side has ended. */
  get gone(): number {
    return this.#gone;
  }

  async open(kind: StreamKind, count: number): Promise<void> {
    let left = count;
    const next = async (): Promise<void> => {
      while (left > 0) {
        left -= 1;
        await (kind === 'get' ? this.#get() : this.#listen());
      }
    };
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, count) }, next));
  }

  [Symbol.dispose](): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async #get(): Promise<void> {
    const socket = await this.#connect();
    const opened = await this.#say(socket, { method: 'POST', ...initialize }, (text) => /"result":.*\}$/s.test(text));
    const session = /^mcp-session-id: *(\S+)/im.exec(opened)?.[1] ?? '';
    await this.#say(socket, { method: 'POST', ...initialized(session) }, (text) => text.startsWith('HTTP/1.1 202 '));
    const headers = { ...within(session), Accept: 'text/event-stream' };
    await this.#say(socket, { method: 'GET', headers, body: '' }, streaming);
  }

  async #listen(): Promise<void> {
    const socket = await this.#connect();
    const call = request('subscriptions/listen', 1, { notifications: { toolsListChanged: true } });
    const acknowledged = (text: string): boolean => streaming(text) && text.includes('subscriptions/acknowledged');
    await this.#say(socket, { method: 'POST', ...call }, acknowledged);
  }

  async #connect(): Promise<Socket> {
    const { hostname: host, port: text, protocol } = this.#url;
    const port = Number(text);
    const isTls = protocol === 'https:';
    const socket = isTls
      ? connectTls({ host, port, rejectUnauthorized: false, minVersion: 'TLSv1.3' })
      : connectPlain(port, host);
    await once(socket, isTls ? 'secureConnect' : 'connect');
    socket.setNoDelay(true).setEncoding('latin1');
    this.#sockets.push(socket);
    socket.on('error', () => undefined).on('close', () => (this.#gone += 1));
    return socket;
  }

  async #say(socket: Socket, ask: Asking, answered: (text: string) => boolean): Promise<string> {
    const length = ask.method === 'POST' ? { 'Content-Length': String(Buffer.byteLength(ask.body)) } : {};
    const lines = Object.entries({ Host: this.#url.host, ...ask.headers, ...length });
    const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
    socket.write(`${ask.method} ${this.#url.pathname} HTTP/1.1\r\n${head}\r\n${ask.body}`);
    const signal = AbortSignal.timeout(ANSWER_MS);
    for (let text = ''; ;) {
      const [chunk] = await once(socket, 'data', { signal }).catch((error: unknown) => {
        throw new Error(`No answer that was waited for: ${text.slice(0, 300)}`, { cause: error });
      });
      text += String(chunk);
      if (answered(text)) return text;
    }
  }
}

interface Asking {
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

function streaming(text: string): boolean {
  return text.startsWith('HTTP/1.1 200 ') && /^content-type: *text\/event-stream/im.test(text);
}
