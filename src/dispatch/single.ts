/** Calls that concern one tool, prompt or resource: through the chain of the upstream that it belongs to. */
import { createHash } from 'node:crypto';
import { resolved, type Call } from '../core/call.ts';
import type { Outcome } from '../core/outcome.ts';
import type { Seal } from '../core/ports/seal.ts';
import type { Frame, Next } from '../core/stage.ts';
import type { Directory } from '../catalog/directory.ts';
import { Fault } from '../kernel/fault.ts';
import { isObject, member, parseJson } from '../kernel/json.ts';
import { members } from '../kernel/scan.ts';
import type { Edit } from '../kernel/splice.ts';
import { answerable, neededFor, undeclared } from '../protocol/capabilities.ts';
import { REPLY, REQUEST } from '../protocol/jsonrpc.ts';
import { Payload } from '../core/payload.ts';
import { renamedUris } from '../catalog/renamed.ts';

export interface SingleOptions {
  /** Each upstream's chain, as this endpoint shapes what comes out of it. */
  readonly chains: ReadonlyMap<string, Next>;
  /** Where several servers share an address, an upstream's own state is sealed so that it comes back to that server alone. */
  readonly seal: Seal | undefined;
}

export function single({ chains, seal }: SingleOptions): Next {
  return (call) => {
    const server = call.target?.server ?? '';
    const chain = chains.get(server);
    if (!chain)
      return Promise.reject(
        new Fault('internal', 'The gateway failed to handle this request.', { detail: 'no chain' }),
      );
    if (seal && call.caller.kind !== 'session' && call.payload.fields.has(REQUEST.requestState))
      return resumed(call, server, seal).then(chain);
    return chain(call);
  };
}

export interface Shaping {
  readonly server: string;
  readonly directory: Directory;
  readonly seal: Seal | undefined;
}

/** The outermost frame of an upstream's chain at one endpoint. */
export const shaping = (how: Shaping): Frame => ({
  enter: () => undefined,
  leave: (call, _, end) => (end instanceof Fault ? undefined : shaped(call, end, how)),
});

/** What an outcome must say differently at this endpoint; nearly always nothing. */
function shaped(call: Call, outcome: Outcome, { server, seal, directory }: Shaping): Outcome {
  if (outcome.kind === 'input-required') return questions(call, outcome, { server, seal });
  const own = call.means.kind === 'single' && call.means.by === 'uri' ? call.target?.name : undefined;
  const asked = own === undefined ? undefined : call.payload.fields.text(REQUEST.uri);
  if (outcome.kind !== 'result' || (asked === own && !directory.renames(server))) return outcome;
  // What was asked for under a public URI is answered under that.
  const raw = renamedUris(outcome.payload.raw, (uri) =>
    uri === own && asked !== undefined ? asked : directory.publicUri(server, uri),
  );
  return raw ? { kind: 'result', payload: Payload.ofResult(raw) } : outcome;
}

/** A call that brings back state which was given out here, with the state as the upstream gave it. */
async function resumed(call: Call, server: string, seal: Seal): Promise<Call> {
  const { fields } = call.payload;
  const text = fields.text(REQUEST.requestState);
  const opened = parseJson((text === undefined ? undefined : seal.open(purpose(call, server), text)) ?? '');
  const state = member(opened, 'state');
  if (typeof state !== 'string' || member(opened, 'of') !== digest(call) || !call.target)
    throw new Fault('unknown-name', 'params.requestState is not one that was given out here.');
  const put = JSON.stringify(state);
  const edit: Edit = { start: fields.start(REQUEST.requestState), end: fields.end(REQUEST.requestState), put };
  return resolved(call, { ...call.target, edits: [...call.target.edits, edit] });
}

const purpose = (call: Call, server: string): string => `state ${server} ${call.caller.key}`;

type InputRequired = Extract<Outcome, { kind: 'input-required' }>;

/** An upstream may only ask what this client said it can answer. @throws Fault where it asks anything else, or nothing. */
function questions(
  call: Call,
  outcome: InputRequired,
  to: { readonly server: string; readonly seal: Seal | undefined },
): Outcome {
  const { fields } = outcome.payload;
  const requests = member(outcome.payload.parse(), 'inputRequests');
  if (!isObject(requests) && !fields.has(REPLY.requestState)) throw unanswerable('asks nothing');
  const declared = parseJson(call.able);
  const able = answerable(isObject(declared) ? declared : {});
  for (const request of isObject(requests) ? Object.values(requests) : []) {
    const needed = neededFor(request);
    if (!needed) throw unanswerable('asks what nobody can answer');
    const missing = undeclared(needed, able);
    if (missing) {
      throw new Fault('capability-missing', `This needs a client that supports ${Object.keys(missing).join(', ')}.`, {
        delivered: 'yes',
        data: { requiredCapabilities: missing },
      });
    }
  }
  const state = to.seal && fields.text(REPLY.requestState);
  if (state === undefined || !to.seal) return outcome;
  return { ...outcome, state: to.seal.seal(purpose(call, to.server), JSON.stringify({ state, of: digest(call) })) };
}

const unanswerable = (detail: string): Fault =>
  new Fault('broken', 'The server asked the client something that is not valid.', { detail, delivered: 'yes' });

/** Members of params that may differ when a call is made again with answers. */
const OF_THE_ROUND: ReadonlySet<string> = new Set(['_meta', 'inputResponses', 'requestState']);

/** What a call is, apart from its round: state that was given out for one is no good for another. */
function digest(call: Call): string {
  const hash = createHash('sha256').update(call.method);
  for (const one of members(call.payload.raw)) if (!OF_THE_ROUND.has(one.key)) hash.update('\0').update(one.raw);
  return hash.digest('base64url');
}
