/** Calls that concern one tool, prompt or resource: through the chain of the upstream that it belongs to. */
import { createHash } from 'node:crypto';
import { inRound, type Call } from '../core/call.ts';
import type { Outcome } from '../core/outcome.ts';
import { MAX_SEALED, type Seal } from '../core/ports/seal.ts';
import type { Frame, Next } from '../core/stage.ts';
import type { Directory } from '../catalog/directory.ts';
import { canonical } from '../kernel/canonical.ts';
import { Fault } from '../kernel/fault.ts';
import { isObject, member, parseJson, type JsonObject } from '../kernel/json.ts';
import type { Time } from '../kernel/time.ts';
import { answerable, neededFor, undeclared } from '../protocol/capabilities.ts';
import { REPLY, REQUEST } from '../protocol/jsonrpc.ts';
import { Payload } from '../core/payload.ts';
import { renamedUris } from '../catalog/renamed.ts';

export interface SingleOptions {
  /** Each upstream's chain, as this endpoint shapes what comes out of it. */
  readonly chains: ReadonlyMap<string, Next>;
  readonly seal: Seal;
  readonly time: Time;
  /** Where several servers share an address, an upstream's own state is sealed so that it comes back to that server alone. */
  readonly isMerged: boolean;
}

export function single({ chains, ...sealing }: SingleOptions): Next {
  return (call) => {
    const server = call.target?.server ?? '';
    const chain = chains.get(server);
    if (!chain)
      return Promise.reject(
        new Fault('internal', 'The gateway failed to handle this request.', { detail: 'no chain' }),
      );
    if (call.round?.state === undefined) return chain(call);
    return resumed(call, { server, ...sealing }).then(chain);
  };
}

interface Sealing {
  readonly server: string;
  readonly seal: Seal;
  readonly time: Time;
  readonly isMerged: boolean;
}

/** How long a server's state holds that was sealed here; a call that waits in the gateway has a time of its own. */
const STATE_MS = 60 * 60_000;

export interface Shaping extends Sealing {
  readonly directory: Directory;
}

/** The outermost frame of an upstream's chain at one endpoint. */
export const shaping = (how: Shaping): Frame => ({
  enter: () => undefined,
  leave: (call, _, end) => (end instanceof Fault ? undefined : shaped(call, end, how)),
});

/** What an outcome must say differently at this endpoint; nearly always nothing. */
function shaped(call: Call, outcome: Outcome, shaping: Shaping): Outcome {
  if (outcome.kind === 'input-required') return questions(call, outcome, shaping);
  const { server, directory } = shaping;
  const own = call.means.kind === 'single' && call.means.by === 'uri' ? call.target?.name : undefined;
  const asked = own === undefined ? undefined : call.payload.fields.text(REQUEST.uri);
  if (outcome.kind !== 'result' || (asked === own && !directory.renames(server))) return outcome;
  // What was asked for under a public URI is answered under that.
  const raw = renamedUris(outcome.payload.raw, (uri) =>
    uri === own && asked !== undefined ? asked : directory.publicUri(server, uri),
  );
  return raw ? { kind: 'result', payload: Payload.ofResult(raw) } : outcome;
}

/** A call that brings back state which was given out here, with what that stands for; whatever is wrong with it, it is told the same. */
async function resumed(call: Call, { server, seal, time, isMerged }: Sealing): Promise<Call> {
  const { answers, state: brought = '' } = call.round ?? {};
  const text = parseJson(brought);
  const opened = parseJson((typeof text === 'string' ? seal.open(purpose(call, server), text) : undefined) ?? '');
  const [state, held] = [member(opened, 'state'), member(opened, 'held')];
  const isOurs = member(opened, 'of') === digest(call) && Number(member(opened, 'until') ?? Infinity) > time.now();
  if (isOurs && typeof held === 'string') return inRound(call, { answers, state: undefined, held });
  if (isOurs && typeof state === 'string')
    return inRound(call, { answers, state: JSON.stringify(state), held: undefined });
  // A server's own address shows that server's own state; whose it is only the server can say.
  if (!isMerged && typeof text === 'string' && opened === undefined) return call;
  throw new Fault('unknown-name', 'params.requestState is not one that was given out here.');
}

const purpose = (call: Call, server: string): string => `state ${call.endpoint} ${server} ${call.caller.key}`;

type InputRequired = Extract<Outcome, { kind: 'input-required' }>;

/** An upstream may only ask what this client said it can answer. @throws Fault where it asks anything else, or nothing. */
function questions(call: Call, outcome: InputRequired, to: Sealing): Outcome {
  if (call.means.kind !== 'single' || call.means.by === 'ref') throw unanswerable('asks where nobody can be asked');
  const declared = parseJson(call.able);
  const able = answerable(isObject(declared) ? declared : {});
  for (const request of requestsOf(outcome)) {
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
  const kept = keptState(outcome, to);
  if (!kept) return outcome;
  const state = to.seal.seal(purpose(call, to.server), JSON.stringify({ ...kept, of: digest(call) }));
  if (state.length > MAX_SEALED) throw unanswerable('gives out more state than can come back');
  return { ...outcome, state };
}

/** Questions, state, or both, each as it must be ("Multi round-trip requests", InputRequiredResult). @throws Fault */
function requestsOf({ payload }: InputRequired): readonly unknown[] {
  const { fields } = payload;
  const requests = member(payload.parse(), 'inputRequests');
  if (requests !== undefined && !isObject(requests)) throw unanswerable('asks in a wrong shape');
  const hasState = fields.has(REPLY.requestState);
  if (hasState && fields.text(REPLY.requestState) === undefined) throw unanswerable('gives out state that is no text');
  const all = Object.values(requests ?? {});
  if (all.length === 0 && !hasState) throw unanswerable('asks nothing');
  return all;
}

/** What has to come back, where that must not be seen or may come back to others. */
function keptState({ held, payload }: InputRequired, { isMerged, time }: Sealing): JsonObject | undefined {
  if (held !== undefined) return { held };
  const state = isMerged ? payload.fields.text(REPLY.requestState) : undefined;
  return state === undefined ? undefined : { state, until: time.now() + STATE_MS };
}

const unanswerable = (detail: string): Fault =>
  new Fault('broken', 'The server asked the client something that is not valid.', { detail, delivered: 'yes' });

/** Members of params that may differ when a call is made again with answers. */
const OF_THE_ROUND: ReadonlySet<string> = new Set(['_meta', 'inputResponses', 'requestState']);

/**
 * What a call is, apart from its round: state that was given out for one is no good for another. A client that writes the same params in other
 * words makes the same call: libraries write maps in whatever order, and what has been stored meanwhile may be spelled anew.
 */
function digest(call: Call): string {
  const params = parseJson(call.payload.raw);
  const own = Object.entries(isObject(params) ? params : {}).filter(([key]) => !OF_THE_ROUND.has(key));
  const text = canonical(Object.fromEntries(own));
  return createHash('sha256').update(call.method).update('\0').update(text).digest('base64url');
}
