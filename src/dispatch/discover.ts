/** What an endpoint offers: the profiles of the servers behind it, joined. Which revisions are served is the edge's to add. */
import type { Next } from '../core/stage.ts';
import { Patience } from '../kernel/patience.ts';
import type { Time } from '../kernel/time.ts';
import { Payload } from '../core/payload.ts';
import type { Profile, Upstream } from '../core/ports/upstream.ts';
import { isObject, member, type JsonObject } from '../kernel/json.ts';
import { joinCapabilities } from '../protocol/capabilities.ts';

/** Instructions reach a model's context: no server may fill it. Characters. */
const MAX_INSTRUCTIONS = 16_384;

/** How long a server that is just starting is waited for, where others could answer already. */
const PATIENCE_MS = 5000;

export interface DiscoverOptions {
  readonly time: Time;
  readonly upstreams: readonly Upstream[];
  /** Who answers; a server's own endpoint speaks in its name. */
  readonly serverInfo: 'upstream' | Readonly<Record<string, string>>;
}

export function discover(options: DiscoverOptions): Next {
  const patience = new Patience<string>(PATIENCE_MS, options.time);
  return async () => {
    const isOwn = options.serverInfo === 'upstream';
    const profiles = isOwn
      ? await Promise.all(options.upstreams.map((upstream) => upstream.profile()))
      : await Promise.all(options.upstreams.map((upstream) => patience.wait(upstream.name, upstream.profile())));
    const capabilities = profiles.map((profile) => profile?.capabilities ?? UNKNOWN);
    const instructions = joinInstructions(options, profiles);
    const result = {
      capabilities: isOwn ? joinCapabilities(capabilities) : changing(joinCapabilities(capabilities)),
      serverInfo: isOwn ? (profiles[0]?.serverInfo ?? {}) : options.serverInfo,
      ...(instructions === '' ? {} : { instructions }),
      ttlMs: 0,
      cacheScope: 'private',
    };
    return { kind: 'result', payload: Payload.ofResult(JSON.stringify(result)) };
  };
}

/** A server that cannot be asked now most likely has tools, and they will be told of when it is back. */
const UNKNOWN: JsonObject = { tools: {} };

/** Where several servers share an address, each list can change: a server may come, go, or start anew. */
function changing(capabilities: JsonObject): JsonObject {
  const lists = ['tools', 'prompts', 'resources'].filter((feature) => isObject(member(capabilities, feature)));
  return {
    ...capabilities,
    ...Object.fromEntries(
      lists.map((feature) => [feature, { ...(member(capabilities, feature) as JsonObject), listChanged: true }]),
    ),
  };
}

function joinInstructions(options: DiscoverOptions, profiles: readonly (Profile | undefined)[]): string {
  const own = options.serverInfo === 'upstream';
  const texts = profiles.flatMap((profile, i) => {
    const text = profile?.instructions;
    if (text === undefined || text === '') return [];
    return [own ? text : `# ${options.upstreams[i]?.name ?? ''}\n\n${text}`];
  });
  return texts.join('\n\n').slice(0, MAX_INSTRUCTIONS);
}
