/** What a client of one revision must never be sent: members, notes and questions of another, and what its own revision demands and lacks. */
import { fields } from '../../fixtures/conformance/message.ts';
import type { Fields } from '../../fixtures/conformance/message.ts';
import { facts, reserved } from '../cells.ts';
import type { Revision } from '../cells.ts';

/** What has hints of caching in 2026-07-28 ("Caching"). */
const hinted = [
  'server/discover',
  'tools/list',
  'prompts/list',
  'resources/list',
  'resources/templates/list',
  'resources/read',
];
const asking = ['tools/call', 'prompts/get', 'resources/read'];
const foreign = ['resultType', 'ttlMs', 'cacheScope', 'inputRequests', 'requestState'];

const notes = [
  'notifications/progress',
  'notifications/message',
  'notifications/tools/list_changed',
  'notifications/prompts/list_changed',
  'notifications/resources/list_changed',
  'notifications/resources/updated',
];

/** What is wrong with a result, or nothing. */
export function resultFault(revision: Revision, method: string, result: Fields): string | undefined {
  const stranger = Object.keys(fields(result['_meta']) ?? {}).find((key) => key.startsWith(reserved));
  if (facts[revision].sessions) {
    const found = foreign.find((key) => key in result);
    if (found !== undefined) return `a result with ${found}`;
    if (stranger !== undefined) return `a result whose _meta has ${stranger}`;
    return contentFault(revision, result);
  }
  if (stranger !== undefined && !['serverInfo', 'subscriptionId'].includes(stranger.slice(reserved.length)))
    return `_meta has ${stranger}`;
  if (result['resultType'] === 'input_required') return askedFault(method, result);
  if (result['resultType'] !== 'complete') return `resultType is ${String(result['resultType'])}`;
  if (hinted.includes(method) !== 'ttlMs' in result || hinted.includes(method) !== 'cacheScope' in result)
    return `hints of caching: ${keys(result)}`;
  if ('ttlMs' in result && !(Number.isInteger(result['ttlMs']) && Number(result['ttlMs']) >= 0))
    return `ttlMs is ${String(result['ttlMs'])}`;
  if ('cacheScope' in result && !['public', 'private'].includes(String(result['cacheScope'])))
    return `cacheScope is ${String(result['cacheScope'])}`;
  if ('inputRequests' in result || 'requestState' in result) return 'a complete result that asks';
  return contentFault(revision, result);
}

function askedFault(method: string, result: Fields): string | undefined {
  if (!asking.includes(method)) return `${method} was answered with questions`;
  const odd = Object.keys(result).find(
    (key) => !['resultType', 'inputRequests', 'requestState', '_meta'].includes(key),
  );
  if (odd !== undefined) return `input_required with ${odd}`;
  if (result['requestState'] !== undefined && typeof result['requestState'] !== 'string')
    return 'requestState is no string';
  const requests = fields(result['inputRequests'] ?? {});
  if (!requests || (result['requestState'] === undefined && Object.keys(requests).length === 0))
    return 'input_required without anything';
  for (const [key, request] of Object.entries(requests)) {
    const members = Object.keys(fields(request) ?? {});
    if (members.some((member) => !['method', 'params'].includes(member)))
      return `the question ${key} has ${members.join()}`;
  }
  return undefined;
}

function contentFault(revision: Revision, result: Fields): string | undefined {
  if (!Array.isArray(result['content'])) return undefined;
  const types = result['content'].map((block: unknown) => String(fields(block)?.['type']));
  const unknown = types.find((type) => !facts[revision].contents.includes(type));
  return unknown === undefined ? undefined : `content of type ${unknown}`;
}

/** What is wrong with a notification, or nothing. */
export function noteFault(revision: Revision, method: string, params: Fields): string | undefined {
  const { sessions, progressMessage } = facts[revision];
  const own = sessions ? ['notifications/cancelled'] : ['notifications/subscriptions/acknowledged'];
  if (![...notes, ...own].includes(method)) return `the notification ${method}`;
  if (method === 'notifications/progress' && 'message' in params && !progressMessage) return 'progress with a message';
  const stranger = Object.keys(fields(params['_meta']) ?? {}).find((key) => key.startsWith(reserved));
  if (stranger !== undefined && (sessions || stranger !== `${reserved}subscriptionId`))
    return `${method} with ${stranger}`;
  return undefined;
}

/** What is wrong with a question, or nothing. @param able what the client declared. */
export function questionFault(revision: Revision, method: string, able: Fields): string | undefined {
  if (!facts[revision].sessions) return `the request ${method} to a client that is never sent one`;
  if (method === 'ping') return undefined;
  if (!['elicitation/create', 'sampling/createMessage', 'roots/list'].includes(method)) return `the request ${method}`;
  const capability = method.slice(0, method.indexOf('/'));
  return able[capability] === undefined ? `${method}, which was not declared` : undefined;
}

function keys(result: Fields): string {
  return Object.keys(result).join();
}
