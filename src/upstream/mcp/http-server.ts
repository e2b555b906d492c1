/**
 * A server that is reached over HTTP. Where its transport has sessions they keep callers apart; over HTTP+SSE a stream is the session, one for
 * all, unless callers' roots are told: then each has a stream of its own.
 */
import type { Caller } from '../../core/caller.ts';
import type { StartedUpstream } from '../../core/ports/upstream.ts';
import type { HttpServerSettings } from '../../core/settings.ts';
import { EVERYTHING_BUT_ROOTS, tellingRoots } from '../../protocol/capabilities.ts';
import type { Habits } from '../link/turns.ts';
import { CallerProcesses } from './caller-processes.ts';
import type { Environment } from './environment.ts';
import { openHttp, type Knowledge } from './open-http.ts';
import { McpServer, type Open } from './server.ts';

export function httpServer(settings: HttpServerSettings, environment: Environment): StartedUpstream {
  const { name, protocol } = settings;
  const known: Knowledge = { sseMs: undefined };
  // Learned of one stream, good for all that follow.
  const habits: Habits = { asks: false };
  const open = openHttp(settings, { environment, known, offering: { offered: EVERYTHING_BUT_ROOTS, habits } });
  const mayBeSse = protocol === 'auto' || protocol === 'http+sse';
  if (settings.roots !== 'relay' || !mayBeSse) return new McpServer(name, open, environment);
  // They are opened once it is known which transport the server has.
  const own: HttpServerSettings = { ...settings, protocol: 'http+sse' };
  const openFor = (profile: string, { rootsChanged }: Caller): Open => {
    const offered = rootsChanged ? tellingRoots(profile) : profile;
    return openHttp(own, { environment, known: { sseMs: undefined }, offering: { offered, habits, rootsChanged } });
  };
  return new CallerProcesses({
    name,
    environment,
    open,
    openFor,
    roots: true,
    streams: {
      areNeeded: () => known.sseMs !== undefined,
      most: environment.bounds.sessions,
      full: 'Too many sessions with servers are open (bounds.sessions).',
    },
  });
}
