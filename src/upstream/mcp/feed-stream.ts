/**
 * One `subscriptions/listen` stream of a 2026-07-28 server: opening -> open (acknowledged) -> over. Its filter is fixed when it is asked for.
 * About what it is heard, and what becomes of that when it is over, is the feed's business.
 */
import { Abort } from '../../kernel/abort.ts';
import { Fault, toFault } from '../../kernel/fault.ts';
import type { JsonObject } from '../../kernel/json.ts';
import type { Message } from '../../protocol/jsonrpc.ts';
import { writeEnvelope } from '../../protocol/rev2026/envelope.ts';
import { HttpLink } from '../link/http.ts';
import type { StdioLink } from '../link/stdio.ts';
import type { Environment } from './environment.ts';
import { urisOf } from './feed-messages.ts';

export interface FeedStreamOptions {
  readonly link: HttpLink | StdioLink;
  readonly headers: string;
  readonly environment: Environment;
  /** What it asks for: flags of the lists, and resources. */
  readonly lists: JsonObject | undefined;
  readonly uris: readonly string[];
  readonly heard: (message: Message, stream: FeedStream) => void;
  /** It is over although nobody here has closed it. */
  readonly ended: (stream: FeedStream, fault?: Fault) => void;
}

export class FeedStream {
  /** The URIs about which it is heard; whoever places them writes this. */
  readonly owned = new Set<string>();
  readonly #options: FeedStreamOptions;
  readonly #abort = new Abort();
  #id: number | undefined;
  #granted: ReadonlySet<unknown> | undefined;

  constructor(options: FeedStreamOptions) {
    this.#options = options;
    this.#listen().then(
      () => this.#ended(),
      (error: unknown) => this.#ended(toFault(error)),
    );
  }

  /** The request that it is the answer to. */
  get id(): number | undefined {
    return this.#id;
  }

  get isOpen(): boolean {
    return this.#granted !== undefined;
  }

  /** Whether the server has promised to tell of this resource. */
  tells(uri: string): boolean {
    return this.#granted?.has(uri) === true;
  }

  acknowledged(message: Message): void {
    this.#granted = urisOf(message);
  }

  close(): void {
    this.#abort.now(new Fault('cancelled', 'The stream is no longer wanted.'));
  }

  async #listen(): Promise<void> {
    const { link, environment, headers, lists, uris } = this.#options;
    const notifications = { ...lists, ...(uris.length > 0 ? { resourceSubscriptions: uris } : {}) };
    const meta = writeEnvelope({ clientInfo: environment.clientInfo, capabilities: '{}' });
    const params = [Buffer.from(`{"_meta":${meta},"notifications":${JSON.stringify(notifications)}}`)];
    const ask = {
      method: 'subscriptions/listen',
      headers,
      params: (id: number) => {
        this.#id = id;
        return params;
      },
      abort: this.#abort,
      standing: true,
      heard: (message: Message): void => this.#options.heard(message, this),
    };
    await (link instanceof HttpLink ? link.listen(ask) : link.request(ask));
  }

  #ended(fault?: Fault): void {
    if (!this.#abort.reason) this.#options.ended(this, fault);
  }
}
