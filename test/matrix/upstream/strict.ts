/**
 * What a server of one revision must never be sent: methods, members and notifications of another. Whoever sends it gets an error that says
 * so, and the world is told, since not every error reaches the client.
 */
import { fields, Refusal } from '../../fixtures/conformance/message.ts';
import type { Fields, Message } from '../../fixtures/conformance/message.ts';
import { facts, reserved } from '../cells.ts';
import type { Revision } from '../cells.ts';
import type { Board } from '../world.ts';

const VIOLATION = 4999;

/** Both kinds have these. */
const everywhere: Readonly<Record<string, readonly string[]>> = {
  'tools/list': ['cursor'],
  'prompts/list': ['cursor'],
  'resources/list': ['cursor'],
  'resources/templates/list': ['cursor'],
  'tools/call': ['name', 'arguments'],
  'prompts/get': ['name', 'arguments'],
  'resources/read': ['uri'],
  'completion/complete': ['ref', 'argument', 'context'],
  'notifications/cancelled': ['requestId', 'reason'],
};
const stateless: Readonly<Record<string, readonly string[]>> = {
  ...everywhere,
  'server/discover': [],
  'subscriptions/listen': ['notifications'],
};
const sessions: Readonly<Record<string, readonly string[]>> = {
  ...everywhere,
  initialize: ['protocolVersion', 'capabilities', 'clientInfo'],
  ping: [],
  'logging/setLevel': ['level'],
  'resources/subscribe': ['uri'],
  'resources/unsubscribe': ['uri'],
  'notifications/initialized': [],
  'notifications/roots/list_changed': [],
};
/** The methods that may bring answers. */
const asking = ['tools/call', 'prompts/get', 'resources/read'];
const envelope = ['protocolVersion', 'clientInfo', 'clientCapabilities', 'logLevel'];

export function violated(board: Board, text: string): Refusal {
  board.report({ kind: 'violation', text });
  return new Refusal(VIOLATION, `The fixture was sent what it must not be: ${text}`);
}

/** @throws Refusal with the first thing that is wrong. */
export function judge(message: Message, revision: Revision, board: Board): void {
  if (message.kind === 'answer') return judgeAnswer(message, revision, board);
  const { method, params } = message;
  const [known, others] = facts[revision].sessions ? [sessions, stateless] : [stateless, sessions];
  const keys = known[method];
  const says = (text: string): Refusal => violated(board, `${method}: ${text}`);
  if (!keys && method in others) throw says(`no method of ${revision}`);
  if (!keys) throw new Refusal(-32601, `Method not found: ${method}`, { status: 404 });
  const more = !facts[revision].sessions && asking.includes(method) ? ['requestState', 'inputResponses'] : [];
  for (const key of Object.keys(params)) {
    if (key !== '_meta' && ![...keys, ...more].includes(key)) throw says(`the member ${key} is not of ${revision}`);
  }
  if (params['context'] !== undefined && !facts[revision].completionContext) throw says('context');
  judgeMeta(params, revision, says);
}

function judgeMeta(params: Fields, revision: Revision, says: (text: string) => Refusal): void {
  const meta = fields(params['_meta']) ?? {};
  const token = meta['progressToken'];
  if (token !== undefined && typeof token !== 'string' && !Number.isInteger(token)) throw says('the progress token');
  for (const key of Object.keys(meta)) {
    if (!key.startsWith(reserved)) continue;
    const name = key.slice(reserved.length);
    if (facts[revision].sessions || !envelope.includes(name)) throw says(`_meta has ${key}`);
  }
}

function judgeAnswer(message: Message & { kind: 'answer' }, revision: Revision, board: Board): void {
  if (!facts[revision].sessions) throw violated(board, 'an answer, and nothing was asked');
  const result = fields(message.result);
  if (!result) return;
  for (const key of ['resultType', 'ttlMs', 'cacheScope']) {
    if (key in result) throw violated(board, `an answer has ${key}`);
  }
}
