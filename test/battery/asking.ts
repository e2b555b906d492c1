/** A server of the session revisions that asks for a name in the middle of every call, and knows what it must never see. */
import { AskingUpstream, type Working } from '../fixtures/asking-upstream.ts';

/** Nothing longer is a name. */
export const NAME_CHARACTERS = 40;
const FORM = {
  type: 'object',
  properties: { name: { type: 'string', maxLength: NAME_CHARACTERS }, age: { type: 'integer' } },
  required: ['name'],
};

export class AskedUpstream implements AsyncDisposable {
  /** What came through that must not: a call for the second time, an answer that is none, an answer to another question. */
  readonly wrongs: string[] = [];
  readonly #upstream: AskingUpstream;
  readonly #secrets = new Set<string>();

  private constructor(upstream: AskingUpstream) {
    this.#upstream = upstream;
    upstream.work = (call) => void this.#work(call);
  }

  static async started(): Promise<AskedUpstream> {
    return new AskedUpstream(await AskingUpstream.start());
  }

  get url(): string {
    return this.#upstream.url;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#upstream[Symbol.asyncDispose]();
  }

  async #work(call: Working): Promise<void> {
    const secret = String(call.args['secret']);
    if (this.#secrets.has(secret) || call.name !== 'ask') this.wrongs.push(`a call of ${call.name} for ${secret}`);
    this.#secrets.add(secret);
    const { result, error } = await call.ask('elicitation/create', {
      message: `A name for ${secret}?`,
      requestedSchema: FORM,
    });
    const { action, content } = (result ?? {}) as { readonly action?: string; readonly content?: unknown };
    const name = action === 'accept' ? JSON.stringify(content) : action;
    if (name !== `{"name":"n-${secret}"}` && name !== 'cancel')
      this.wrongs.push(`${secret} is answered with ${JSON.stringify(result ?? error)}`.slice(0, 300));
    call.answer(`${secret} is ${String(name)}`);
  }
}
