/** Whether an answer is one that a case allows, and whether it is fit to be sent at all. */
import { field, type Answer } from './answers.ts';
import type { Gets } from './case.ts';
import type { Place } from './writing.ts';

/** What no answer may show: code, files, the machine behind. */
const LEAKS = /\.[cm]?[jt]s\b|node_modules|node:internal|\/(?:home|root|tmp|usr)\/|\bat \w+ \(|ECONN|EPIPE|\bstack\b/;

/** What is wrong about it, if anything. */
export function judge(answer: Answer | undefined, alternatives: readonly Gets[], place: Place): string | undefined {
  if (!answer) return alternatives.some(({ is }) => is === 'nothing') ? undefined : 'no answer';
  const unfit = judgeForm(answer);
  if (unfit !== undefined) return unfit;
  const found = alternatives.map((gets) => mismatch(answer, gets, place));
  return found.includes(undefined) ? undefined : found.join(', or ');
}

/** A request that was right must have been answered, and with its own answer. */
export function judgeGood(answer: Answer, place: Place, nonce: string): string | undefined {
  const wrong = judgeForm(answer);
  if (wrong !== undefined) return wrong;
  if (answer.status !== 200) return `status ${answer.status}`;
  if (place.plane === 'control') return answer.body === '{"status":"ok"}' ? undefined : 'another body';
  const body = parsed(answer.body);
  return body?.['id'] === nonce && isObject(body['result']) ? undefined : `another body: ${answer.body.slice(0, 120)}`;
}

/** What every answer has, whatever it says (interface: `x-request-id` on all, JSON in all refusals; RFC 9110 15.5.6: Allow). */
function judgeForm(answer: Answer): string | undefined {
  const { status, text, body } = answer;
  const ids = answer.fields.filter(([name]) => name === 'x-request-id');
  if (ids.length !== 1 || !ids[0]?.[1]) return `${ids.length} x-request-id`;
  const leak = LEAKS.exec(text)?.[0];
  if (leak !== undefined) return `it shows ${JSON.stringify(leak)}`;
  if (status === 405 && field(answer, 'allow') === undefined) return '405 without Allow';
  if (status === 503 && field(answer, 'retry-after') === undefined) return '503 without Retry-After';
  if (status >= 400 && body !== '' && !isJson(answer)) return 'a refusal that is not JSON';
  return undefined;
}

function isJson(answer: Answer): boolean {
  return field(answer, 'content-type') === 'application/json' && parsed(answer.body) !== undefined;
}

const ALERT = 0x15;
/** A server's part of a handshake: its messages, and the change of cipher. */
const BEGUN: readonly number[] = [0x14, 0x16];
const RECORD_HEAD = 5;

/** What came below TLS: perhaps records of a handshake, then at most one alert, and never data (RFC 8446 5.1). */
export function judgeRecords(text: string, isBegun: boolean): string | undefined {
  const bytes = Buffer.from(text, 'latin1');
  for (let at = 0; at < bytes.length;) {
    const [type = 0, major] = bytes.subarray(at);
    const length = bytes.length - at >= RECORD_HEAD ? bytes.readUInt16BE(at + 3) : bytes.length;
    if (major !== 3 || at + RECORD_HEAD + length > bytes.length)
      return `no record: ${JSON.stringify(text.slice(0, 80))}`;
    at += RECORD_HEAD + length;
    if (type === ALERT ? at < bytes.length : !isBegun || !BEGUN.includes(type)) return `a record of type ${type}`;
  }
  return undefined;
}

function mismatch(answer: Answer, gets: Gets, place: Place): string | undefined {
  const { status } = answer;
  switch (gets.is) {
    case 'nothing':
    case 'alert':
      return `${status} instead of nothing`;
    case 'status':
      return gets.status.includes(status) ? undefined : `${status} instead of ${gets.status.join('/')}`;
    case 'refusal':
      if (!gets.status.includes(status)) return `${status} instead of ${gets.status.join('/')}`;
      return isRefusal(answer.body) ? undefined : `no refusal: ${answer.body.slice(0, 120)}`;
    case 'served':
      if (status !== 200) return `${status} instead of 200`;
      if (place.plane === 'control') return undefined;
      if (gets.shows !== undefined && !answer.body.includes(filled(gets.shows, place)))
        return `another result: ${answer.body.slice(0, 200)}`;
      return served(answer.body, filled(gets.id, place));
    case 'fault':
      if (status !== gets.status) return `${status} instead of ${gets.status}`;
      return faulty(answer.body, gets.code, filled(gets.id, place)) ?? saying(answer.body, gets.says);
  }
}

const filled = (id: string, { nonce }: Place): string => id.replaceAll('{nonce}', nonce);

function isRefusal(body: string): boolean {
  const error = parsed(body)?.['error'];
  return (
    isObject(error) &&
    Object.keys(error).toSorted().join() === 'kind,message' &&
    Object.values(error).every((value) => typeof value === 'string' && value !== '')
  );
}

/** Ids are compared as they are written: `9007199254740993` is one only then. */
function served(body: string, id: string): string | undefined {
  const answered = parsed(body);
  if (!isObject(answered?.['result'])) return `no result: ${body.slice(0, 160)}`;
  return body.includes(`"id":${id}`) ? undefined : `another id: ${body.slice(0, 120)}`;
}

function faulty(body: string, code: number, id: string): string | undefined {
  const answered = parsed(body);
  const error = answered?.['error'];
  if (!isObject(error) || answered?.['jsonrpc'] !== '2.0') return `no JSON-RPC error: ${body.slice(0, 160)}`;
  if (typeof error['message'] !== 'string' || error['message'] === '') return 'an error without a message';
  if (error['code'] !== code) return `code ${String(error['code'])} instead of ${code}`;
  if (id === 'none') return 'id' in answered ? `an id: ${body.slice(0, 120)}` : undefined;
  return body.includes(`"id":${id}`) ? undefined : `another id: ${body.slice(0, 120)}`;
}

function saying(body: string, words: string | undefined): string | undefined {
  const said = (parsed(body)?.['error'] as { readonly message?: unknown } | undefined)?.message;
  return words === undefined || said === words ? undefined : `it says ${String(said)}`;
}

function parsed(body: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
