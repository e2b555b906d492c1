/** An event stream that stays open, read event by event. */
import { request, type ClientRequest, type IncomingMessage } from 'node:http';

export class Events implements Disposable {
  readonly all: {
    id?: unknown;
    method?: string;
    params?: Record<string, unknown>;
    result?: Record<string, unknown>;
  }[] = [];
  readonly #request: ClientRequest;
  #response: IncomingMessage | undefined;
  #text = '';
  ended = false;
  lastEventId = '';
  /** Where a stream of HTTP+SSE says that messages are to be posted, and the names of all its events. */
  endpoint = '';
  readonly names: string[] = [];
  /** All whole events, as they came. */
  text = '';
  status = 0;

  constructor(
    url: string,
    options: { readonly method: string; readonly headers: Record<string, string>; readonly body?: string },
  ) {
    const { method, headers, body = '' } = options;
    const accept = {
      accept: 'application/json, text/event-stream',
      ...(method === 'POST' ? { 'content-type': 'application/json' } : {}),
    };
    this.#request = request(url, { method, headers: { ...accept, ...headers }, agent: false }, (response) =>
      this.#read(response),
    );
    this.#request.on('error', () => (this.ended = true));
    this.#request.end(body);
  }

  /** Reads nothing until `go`. */
  pause(): void {
    this.#response?.pause();
  }

  go(): void {
    this.#response?.resume();
  }

  /** Cuts the connection. */
  cut(): void {
    this.#request.destroy();
  }

  methods(): string[] {
    return this.all.map(({ method }) => method ?? 'result');
  }

  [Symbol.dispose](): void {
    this.#request.destroy();
  }

  #read(response: IncomingMessage): void {
    this.#response = response;
    this.status = response.statusCode ?? 0;
    response.on('data', (chunk: Buffer) => {
      this.#text += chunk.toString();
      for (let end = this.#text.indexOf('\n\n'); end !== -1; end = this.#text.indexOf('\n\n')) {
        const event = this.#text.slice(0, end);
        const data = /^data: (.*)$/mu.exec(event)?.[1];
        this.lastEventId = /^id: (.*)$/mu.exec(event)?.[1] ?? this.lastEventId;
        const name = /^event: (.*)$/mu.exec(event)?.[1] ?? '';
        if (data !== undefined) this.names.push(name);
        this.text += this.#text.slice(0, end + 2);
        this.#text = this.#text.slice(end + 2);
        if (name === 'endpoint') this.endpoint = data ?? '';
        else if (data !== undefined && data !== '') this.all.push(JSON.parse(data) as Events['all'][number]);
      }
    });
    response.on('close', () => (this.ended = true));
    response.on('error', () => undefined);
  }
}
