/** Finds out which family a server speaks, by asking `server/discover` (protocol/probe has the rules), and remembers it with its date. */
import { Abort } from '../../kernel/abort.ts';
import { Fault, toFault } from '../../kernel/fault.ts';
import { within } from '../../kernel/patience.ts';
import { verdict, type ProtocolChoice, type Verdict } from '../../protocol/probe.ts';
import { VERSION, writeEnvelope } from '../../protocol/rev2026/envelope.ts';
import type { Link } from '../link/link.ts';
import type { Environment } from './environment.ts';
import { headersFor } from './request-headers.ts';

export type Family = { readonly kind: 'rev2026'; readonly discovered: unknown } | { readonly kind: 'rev2025' };

/** A verdict from silence, which an answer may still overturn. */
export interface Silent {
  readonly kind: 'silent';
  /** Rejects unless the server turns out to be of the newer family. */
  readonly late: Promise<Family>;
}

/** An older verdict is asked for again: a server that has learned the newer revision would never tell by itself. */
export const VERDICT_HOLDS_MS = 24 * 60 * 60 * 1000;

/** The part of its time to start after which a server on a pipe that says nothing is taken to be of the older family, and greeted as such. */
const SILENCE = 0.6;

export interface ProbeOptions {
  readonly link: Link;
  readonly environment: Environment;
  readonly timeoutMs: number;
  /** On a pipe, silence and an end are answers too; over a network they prove nothing. */
  readonly isPipe: boolean;
}

/** @throws Fault `unavailable` when no verdict can be drawn. */
export async function probe(options: ProbeOptions): Promise<Family> {
  const first = await ask(options);
  return conclude(first.kind === 'again' ? await ask(options) : first);
}

/** The same over a pipe: a server that says nothing for long is greeted as an older one, while its answer is still waited for. */
export async function probePipe(options: ProbeOptions): Promise<Family | Silent> {
  const probing = probe(options);
  const spoke = await within(
    probing.catch(() => OLDER),
    options.timeoutMs * SILENCE,
    options.environment.time,
  );
  if (spoke) return probing;
  const late = probing.then((family) =>
    family.kind === 'rev2026' ? family : Promise.reject(new Error('an older server')),
  );
  late.catch(() => undefined); // nobody need wait for it
  return { kind: 'silent', late };
}

const OLDER: Family = { kind: 'rev2025' };

function conclude(verdictOf: Verdict): Family {
  if (verdictOf.kind === 'rev2025' || verdictOf.kind === 'rev2026') return verdictOf;
  throw new Fault(
    'unavailable',
    verdictOf.kind === 'none' ? sentence(verdictOf.reason) : 'It refuses every request of this gateway.',
  );
}

/** What the configuration insists on. @throws Fault `unavailable` when the server speaks something else. */
export function required(protocol: ProtocolChoice, family: Family): Family {
  if (protocol !== VERSION || family.kind === 'rev2026') return family;
  throw new Fault('unavailable', `It does not speak ${VERSION}, which the configuration requires.`);
}

async function ask(options: ProbeOptions): Promise<Verdict> {
  const { link, environment, isPipe } = options;
  const abort = new Abort();
  const timer = environment.time.after(options.timeoutMs, () =>
    abort.now(new Fault('timed-out', 'It did not answer in time.')),
  );
  const own = writeEnvelope({ clientInfo: environment.clientInfo, capabilities: '{}' });
  try {
    const params = [Buffer.from(`{"_meta":${own}}`)];
    const reply = await link.request({
      method: 'server/discover',
      headers: headersFor('server/discover', undefined),
      params: () => params,
      abort,
      heard: () => undefined,
    });
    return verdict(reply.status, reply.message);
  } catch (error) {
    const fault = toFault(error);
    if (isPipe && fault.kind !== 'unavailable') return { kind: 'rev2025' };
    // HTTP that answers, but not as MCP does: older servers do that to what they do not know.
    if (fault.kind === 'broken' && fault.delivered === 'yes') return { kind: 'rev2025' };
    throw fault;
  } finally {
    timer.cancel();
  }
}

const sentence = (reason: string): string => `${reason.charAt(0).toUpperCase()}${reason.slice(1)}.`;
