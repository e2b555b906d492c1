/** What a server asks that its client did not say it can answer: how the server is refused, and what the client hears if its call fails of it. */
import type { Call } from '../../core/call.ts';
import type { ClientAnswer, Question } from '../../core/question.ts';
import { Fault } from '../../kernel/fault.ts';
import { isObject, parseJson, type JsonObject } from '../../kernel/json.ts';
import { answerable, neededFor, undeclared } from '../../protocol/capabilities.ts';
import { CODE } from '../../protocol/code.ts';
import { REPLY, type Fields } from '../../protocol/jsonrpc.ts';
import { refusal, unsupported } from './peer-requests.ts';

/** The profile of a client that cannot be asked anything. */
export const NOBODY = '{}';

export class Unmet {
  #method: string | undefined;
  #missing: JsonObject | undefined;

  /** What was asked in vain, and not for the lack of something that the client could have declared. */
  get method(): string | undefined {
    return this.#method;
  }

  /** How the server is refused; `undefined` where the client can be asked. @param able what of its capabilities is carried, JSON text. */
  refusalOf({ method, params }: Question, call: Call, able: string): ClientAnswer | undefined {
    const needed = neededFor({ method, params: parseJson(params === '' ? '{}' : params) });
    const carried = objectOf(able);
    if (!needed) return this.unknown(method);
    if (!undeclared(needed, answerable(carried))) return undefined;
    const missing = undeclared(needed, answerable(objectOf(call.able)));
    // A client that is asked while its call goes on has said once and for all what it can: it has nothing to mend.
    if (missing && !call.ask) this.#missing = { ...this.#missing, ...missing };
    else this.#method = method;
    const [feature = ''] = Object.keys(needed);
    return Object.hasOwn(carried, feature)
      ? refusal(CODE.invalidParams, `This client does not support this kind of ${method.slice(0, 100)}.`)
      : unsupported(method);
  }

  unknown(method: string): ClientAnswer {
    this.#method = method;
    return unsupported(method);
  }

  /** @throws Fault where the call has failed, and the client lacks what the server asked for. */
  judge(fields: Fields): void {
    const missing = this.#missing;
    if (!missing || !(fields.has(REPLY.error) || fields.json(REPLY.isError) === 'true')) return;
    throw new Fault('capability-missing', `This needs a client that supports ${Object.keys(missing).join(', ')}.`, {
      delivered: 'yes',
      data: { requiredCapabilities: missing },
    });
  }
}

function objectOf(text: string): JsonObject {
  const parsed = parseJson(text);
  return isObject(parsed) ? parsed : {};
}
