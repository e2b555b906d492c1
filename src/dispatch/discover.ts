/** What an endpoint offers: the profiles of the servers behind it, joined. Which revisions are served is the edge's to add. */
import type { Next } from '../core/stage.ts';
import { Payload } from '../core/payload.ts';
import type { Profile, Upstream } from '../core/ports/upstream.ts';
import { Fault } from '../kernel/fault.ts';
import { joinCapabilities } from '../protocol/capabilities.ts';

/** Instructions reach a model's context: no server may fill it. Characters. */
const MAX_INSTRUCTIONS = 16_384;

export interface DiscoverOptions {
  readonly upstreams: readonly Upstream[];
  /** Who answers; a server's own endpoint speaks in its name. */
  readonly serverInfo: 'upstream' | Readonly<Record<string, string>>;
}

export function discover(options: DiscoverOptions): Next {
  return async () => {
    const settled = await Promise.allSettled(options.upstreams.map((upstream) => upstream.profile()));
    const profiles = settled.map((one) => (one.status === 'fulfilled' ? one.value : undefined));
    const [first] = settled;
    if (options.serverInfo === 'upstream' && first?.status === 'rejected') throw first.reason;
    const present = profiles.filter((profile) => profile !== undefined);
    const info = options.serverInfo === 'upstream' ? (present[0]?.serverInfo ?? {}) : options.serverInfo;
    const instructions = joinInstructions(options, profiles);
    const result = {
      capabilities: joinCapabilities(present.map((profile) => profile.capabilities)),
      serverInfo: info,
      ...(instructions === '' ? {} : { instructions }),
      ttlMs: 0,
      cacheScope: 'private',
    };
    if (options.upstreams.length === 1 && present.length === 0)
      throw new Fault('unavailable', 'The server is not available.');
    return { kind: 'result', payload: Payload.ofResult(JSON.stringify(result)) };
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
