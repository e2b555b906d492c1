/** Keys that say something where it has no effect: no mistake, but whoever wrote them may count on it. Told as warnings. */
import type { ServerSettings, Settings } from '../core/settings.ts';

export function withoutEffect({ servers }: Settings): string[] {
  return servers.flatMap((server) => {
    const why = server.affinity === 'caller' ? undefined : sharing(server);
    return why === undefined ? [] : [`servers.${server.name}.affinity has no effect: ${why}`];
  });
}

/** Why there are no sessions that could be shared in one way or another. */
function sharing({ kind, protocol }: ServerSettings): string | undefined {
  if (kind === 'stdio') return 'whose calls share a process is said by `process`';
  if (protocol === 'http+sse') return 'over HTTP+SSE all callers share one stream, unless `roots: relay`';
  return protocol === '2026-07-28' ? 'this revision has no sessions' : undefined;
}
