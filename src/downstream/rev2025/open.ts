/** `initialize`: answered here, from what the endpoint offers; the session is ours, whatever the servers behind speak (2025-11-25, "Lifecycle"). */
import { Abort } from '../../kernel/abort.ts';
import { toFault } from '../../kernel/fault.ts';
import { isObject, member } from '../../kernel/json.ts';
import type { Part } from '../../kernel/parts.ts';
import { Payload } from '../../core/payload.ts';
import { REQUEST, type Message } from '../../protocol/jsonrpc.ts';
import { resultMessage } from '../../protocol/messages.ts';
import { differences, negotiated, type Revision2025 } from '../../protocol/rev2025/differences.ts';
import { wireError } from '../../protocol/rev2025/errors.ts';
import { admitSession } from '../admission.ts';
import { run } from '../calls.ts';
import type { Edge } from '../edge.ts';
import type { Visit } from '../http/visit.ts';
import type { Origin } from '../origin.ts';
import { ableOf } from './able.ts';
import type { Sessions } from './sessions.ts';

export async function open(
  edge: Edge,
  visit: Visit,
  opening: { readonly message: Message; readonly sessions: Sessions },
): Promise<void> {
  const { message, sessions } = opening;
  try {
    admitSession(edge.load);
    const { revision, able, answer } = await greet(edge, visit, message);
    const remote = visit.exchange.from.network;
    const session = sessions.open({ address: visit.endpoint.address, revision, able, remote });
    visit.json(200, answer, `mcp-session-id: ${session.id}\r\n`);
  } catch (error) {
    visit.error(message.id ?? 'null', wireError(toFault(error)));
  }
}

export interface Greeting {
  readonly revision: Revision2025;
  /** What the client can answer, as JSON text. */
  readonly able: string;
  readonly answer: Part[];
}

/** The answer to `initialize`, and what whoever keeps the session must know. @throws Fault */
export async function greet(edge: Edge, visit: Origin, message: Message): Promise<Greeting> {
  const params = message.fields.parse(REQUEST.params);
  const revision = negotiated(member(params, 'protocolVersion'));
  const able = ableOf(member(params, 'capabilities'), revision);
  const outcome = await run(edge, {
    visit,
    message,
    caller: { key: 'opening', kind: 'anonymous', share: visit.exchange.from.network },
    able,
    logLevel: 'off',
    abort: new Abort(),
    emit: () => undefined,
    instead: { method: 'server/discover', payload: Payload.ofParams({}) },
  });
  const profile = outcome.kind === 'result' ? outcome.payload.parse() : {};
  const result = Buffer.from(JSON.stringify(greeting(profile, revision)));
  return { revision, able, answer: resultMessage(message.id ?? 'null', [result]) };
}

function greeting(profile: unknown, revision: Revision2025): Record<string, unknown> {
  const offered = member(profile, 'capabilities');
  const capabilities = Object.fromEntries(
    Object.entries(isObject(offered) ? offered : {}).filter(
      ([feature]) => feature !== 'completions' || differences(revision).completions,
    ),
  );
  const instructions = member(profile, 'instructions');
  const info = member(profile, 'serverInfo');
  return {
    protocolVersion: revision,
    capabilities,
    // Required here, and clients of these revisions insist; a server may have left it out where it is optional.
    serverInfo: { name: 'unknown', version: '0', ...(isObject(info) ? info : {}) },
    ...(instructions === undefined ? {} : { instructions }),
  };
}
