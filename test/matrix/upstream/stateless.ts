/** 2026-07-28: every request is complete in itself; questions end it as `input_required`, changes are told on `subscriptions/listen`. */
import { fields, notification, Refusal } from '../../fixtures/conformance/message.ts';
import type { Fields, Id, Request } from '../../fixtures/conformance/message.ts';
import { reserved } from '../cells.ts';
import type { Board, Change } from '../world.ts';
import type { Channel } from './channel.ts';
import { capabilitiesOf, perform, serverInfo } from './offer.ts';
import { judge, violated } from './strict.ts';
import { levels, needed } from './turn.ts';
import type { Ending, Questions, Turn } from './turn.ts';

export const revision = '2026-07-28';

const hinted = [
  'server/discover',
  'tools/list',
  'prompts/list',
  'resources/list',
  'resources/templates/list',
  'resources/read',
];

/** The result of a request, or a Refusal thrown. */
export async function answerStateless(board: Board, asked: Asked): Promise<Fields> {
  const { request, channel } = asked;
  judge(request, revision, board);
  const meta = fields(request.params['_meta']) ?? {};
  const able = fields(meta[`${reserved}clientCapabilities`]);
  if (meta[`${reserved}protocolVersion`] !== revision || !able) throw violated(board, `${request.method}: no envelope`);
  if (request.method === 'server/discover') return hints('server/discover', discovered());
  if (request.method === 'subscriptions/listen') return listen(board, request, channel);
  const turn = toTurn(board, { ...asked, meta, able });
  const ending = await perform(request.method, turn, { board, revision });
  if (channel.signal.aborted) board.report({ kind: 'cancelled', text: String(channel.signal.reason) });
  return ending.kind === 'result'
    ? hints(request.method, { ...ending.result, resultType: 'complete' })
    : asking(ending, able);
}

export interface Asked {
  readonly request: Request;
  readonly raw: string;
  readonly channel: Channel;
}

function discovered(): Fields {
  return {
    resultType: 'complete',
    supportedVersions: [revision],
    capabilities: capabilitiesOf(revision),
    _meta: { [`${reserved}serverInfo`]: serverInfo },
  };
}

function hints(method: string, result: Fields): Fields {
  return hinted.includes(method) ? { ...result, ttlMs: 0, cacheScope: 'public' } : result;
}

interface Told extends Asked {
  readonly meta: Fields;
  readonly able: Fields;
}

function toTurn(board: Board, { request, raw, channel, meta, able }: Told): Turn {
  const { requestState, inputResponses } = request.params;
  const answers = inputResponses === undefined ? {} : fields(inputResponses);
  if (!answers || (requestState !== undefined && typeof requestState !== 'string'))
    throw violated(board, 'what a retry brings');
  const token = meta['progressToken'];
  const level = meta[`${reserved}logLevel`];
  return {
    server: board.name,
    params: request.params,
    raw,
    able,
    answers,
    state: requestState,
    signal: channel.signal,
    progress(progress, total, message) {
      if (token === undefined) return;
      channel.send(notification('notifications/progress', { progressToken: token, progress, total, message }));
    },
    log(of, data) {
      if (typeof level !== 'string' || levels.indexOf(of) < levels.indexOf(level)) return;
      channel.send(notification('notifications/message', { level: of, logger: board.name, data }));
    },
  };
}

function asking({ questions, state }: Ending & { kind: 'ask' }, able: Fields): Fields {
  const missing = undeclared(questions, able);
  if (missing.length > 0) {
    const data = { requiredCapabilities: Object.fromEntries(missing.map((name) => [name, {}])) };
    throw new Refusal(-32021, 'The client did not declare what this needs', { data, status: 400 });
  }
  const asked = { resultType: 'input_required', inputRequests: questions };
  return state === undefined ? asked : { ...asked, requestState: state };
}

/** The capabilities that these questions need and that were not declared. */
export function undeclared(questions: Questions, able: Fields): readonly string[] {
  return Object.values(questions)
    .map(needed)
    .filter((name) => able[name] === undefined);
}

/** Lasts until the client goes. First what is honoured, then only what was asked for, each with the request's id. */
function listen(board: Board, { id, params }: Request, channel: Channel): Promise<Fields> {
  const wanted = fields(params['notifications']);
  if (!wanted) throw violated(board, 'subscriptions/listen without notifications');
  const tag = { [`${reserved}subscriptionId`]: id satisfies Id };
  const send = (method: string, content: Fields) => channel.send(notification(method, { ...content, _meta: tag }));
  send('notifications/subscriptions/acknowledged', { notifications: wanted });
  const stop = board.listen((change) => {
    if (isWanted(change, wanted)) send(...told(change));
  });
  return new Promise((resolve) => {
    const end = () => {
      stop();
      resolve({ resultType: 'complete', _meta: tag });
    };
    if (channel.signal.aborted) end();
    else channel.signal.addEventListener('abort', end, { once: true });
  });
}

/** The notification of a change: the same in every revision. */
export function told(change: Change): [method: string, params: Fields] {
  if (change.kind === 'resource') return ['notifications/resources/updated', { uri: change.uri }];
  return [`notifications/${change.kind}/list_changed`, {}];
}

function isWanted(change: Change, wanted: Fields): boolean {
  if (change.kind !== 'resource') return wanted[`${change.kind}ListChanged`] === true;
  const uris = wanted['resourceSubscriptions'];
  return Array.isArray(uris) && uris.includes(change.uri);
}
