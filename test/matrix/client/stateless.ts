/** A client of 2026-07-28: an envelope in every request, questions answered by making the call again, changes by `subscriptions/listen`. */
import { fields } from '../../fixtures/conformance/message.ts';
import type { Fields, Id } from '../../fixtures/conformance/message.ts';
import { reserved } from '../cells.ts';
import type { Face } from '../cells.ts';
import type { Answered, Ask, Client, HearChange, Wanted } from './client.ts';
import { Conversation } from './conversation.ts';
import { questionFault } from './strict.ts';
import { WireFault } from './wire.ts';
import type { Wire } from './wire.ts';

const ROUNDS = 8;
const LISTEN = 'subscriptions/listen';

export class StatelessClient implements Client {
  readonly face: Face;
  readonly #wire: Wire;
  readonly #conversation: Conversation;
  readonly #watching = new Map<Id, { readonly hear: HearChange; readonly acknowledged: (honoured: Fields) => void }>();
  #able: Fields = {};

  constructor(face: Face, wire: Wire) {
    this.face = face;
    this.#wire = wire;
    this.#conversation = new Conversation(face.revision, wire);
  }

  async open(able: Fields): Promise<Fields> {
    this.#able = able;
    await this.#wire.open((message, origin) => this.#take(message, origin));
    const { result } = await this.request({ method: 'server/discover' });
    const versions = result?.['supportedVersions'];
    if (!Array.isArray(versions) || !versions.includes(this.face.revision))
      throw new WireFault(`supportedVersions is ${JSON.stringify(versions)}`);
    return fields(result?.['capabilities']) ?? {};
  }

  async request(ask: Ask): Promise<Answered> {
    let more: Fields = {};
    for (let round = 0; round < ROUNDS; round += 1) {
      const answered = await this.#once(ask, more);
      if (answered.result?.['resultType'] !== 'input_required') return answered;
      more = answers(ask, answered.result);
    }
    throw new WireFault('there was no end of questions');
  }

  async watch({ lists, uris }: Wanted, hear: HearChange): Promise<() => Promise<void>> {
    const flags = lists ? { toolsListChanged: true, promptsListChanged: true, resourcesListChanged: true } : {};
    const notifications = { ...flags, ...(uris.length > 0 ? { resourceSubscriptions: uris } : {}) };
    const stop = new AbortController();
    let lasts: Promise<unknown> = Promise.resolve();
    await new Promise<void>((resolve, reject) => {
      const acknowledged = (honoured: Fields): void => {
        const same = JSON.stringify(sorted(honoured)) === JSON.stringify(sorted(notifications));
        if (same) resolve();
        else reject(new WireFault(`acknowledged was ${JSON.stringify(honoured)}`));
      };
      const ask = { method: LISTEN, params: { notifications }, signal: stop.signal };
      lasts = this.#once(ask, {}, (id) => this.#watching.set(id, { hear, acknowledged })).then(
        (answered) => reject(new WireFault(`it was over at once: ${JSON.stringify(answered).slice(0, 200)}`)),
        reject,
      );
    });
    return async () => {
      stop.abort();
      await lasts;
    };
  }

  faults(): readonly string[] {
    return this.#conversation.faults.splice(0);
  }

  close(): Promise<void> {
    return this.#wire.close();
  }

  #once(ask: Ask, more: Fields, began: (id: Id) => void = () => undefined): Promise<Answered> {
    const answered = this.#conversation.request(ask, {
      write: (token) => ({
        ...ask.params,
        ...more,
        _meta: { ...fields(ask.params?.['_meta']), ...this.#envelope(ask, token) },
      }),
      // Over HTTP the end of the connection says it.
      cancel: async (id) => {
        this.#watching.delete(id);
        if (this.#wire.exchanges) return;
        await this.#wire.send({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: id } });
      },
    });
    const pending = this.#conversation.pending.at(-1);
    if (pending) began(pending.id);
    return answered;
  }

  #envelope({ progress, level }: Ask, token: Id): Fields {
    return {
      ...(progress ? { progressToken: token } : {}),
      [`${reserved}protocolVersion`]: this.face.revision,
      [`${reserved}clientInfo`]: { name: 'matrix', version: '1.0.0' },
      [`${reserved}clientCapabilities`]: this.#able,
      ...(level === undefined ? {} : { [`${reserved}logLevel`]: level }),
    };
  }

  #take(message: Fields, origin: Id | undefined): void {
    const { method } = message;
    if (typeof method !== 'string') return this.#conversation.answer(message, origin);
    if ('id' in message)
      return void this.#conversation.faults.push(questionFault(this.face.revision, method, this.#able) ?? method);
    const params = fields(message['params']) ?? {};
    const isOther = this.#conversation.note(method, params, origin);
    if (!isOther) this.#changed(method, params, origin);
  }

  /** First the acknowledgement, then only what names the listen request, in its own type. */
  #changed(method: string, params: Fields, origin: Id | undefined): void {
    const id = fields(params['_meta'])?.[`${reserved}subscriptionId`] as Id;
    const watch = this.#watching.get(id);
    const faults = this.#conversation.faults;
    // What was on its way when it was cancelled may still come on a pipe.
    if (!watch)
      return void (
        origin !== undefined && faults.push(`${method} for ${JSON.stringify(id)}, which listens to nothing`)
      );
    if (origin !== undefined && origin !== id) faults.push(`${method} on the stream of another request`);
    if (method === 'notifications/subscriptions/acknowledged')
      watch.acknowledged(fields(params['notifications']) ?? {});
    else watch.hear(method, params);
  }
}

/** What the same call brings when it is made again: all that was asked, and the state exactly where there was one. */
function answers(ask: Ask, { inputRequests, requestState }: Fields): Fields {
  const responses = Object.entries(fields(inputRequests) ?? {}).map(([key, value]) => {
    const { method, params } = fields(value) ?? {};
    const answer = ask.answer?.(String(method), fields(params) ?? {});
    if (!answer || answer instanceof Error) throw new WireFault(`asked ${String(method)}, and has no answer`);
    return [key, answer] as const;
  });
  return { inputResponses: Object.fromEntries(responses), ...(requestState === undefined ? {} : { requestState }) };
}

function sorted(value: Fields): Fields {
  return Object.fromEntries(Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1)));
}
