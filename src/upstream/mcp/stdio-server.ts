/** A server that is a child of ours: one process for all, or one for each caller, each told what may be asked of whom it serves. */
import type { Caller } from '../../core/caller.ts';
import type { StartedUpstream } from '../../core/ports/upstream.ts';
import type { StdioServerSettings } from '../../core/settings.ts';
import { EVERYTHING_BUT_ROOTS, tellingRoots } from '../../protocol/capabilities.ts';
import type { Habits } from '../link/turns.ts';
import { CallerProcesses } from './caller-processes.ts';
import type { Environment } from './environment.ts';
import { openStdio } from './open-stdio.ts';
import { McpServer, type Open } from './server.ts';

export function stdioServer(settings: StdioServerSettings, environment: Environment): StartedUpstream {
  const { name } = settings;
  // Learned of one process, good for all that follow.
  const habits: Habits = { asks: false };
  const roots = settings.roots === 'relay';
  const open = openStdio(settings, environment, { offered: EVERYTHING_BUT_ROOTS, habits });
  if (settings.process === 'shared' && !roots) return new McpServer(name, open, environment);
  // They are opened once it is known what the server speaks.
  const own: StdioServerSettings = { ...settings, protocol: '2025-11-25' };
  const openFor = (profile: string, { rootsChanged }: Caller): Open => {
    const offered = rootsChanged ? tellingRoots(profile) : profile;
    return openStdio(own, environment, { offered, habits, rootsChanged });
  };
  return new CallerProcesses({ name, environment, open, openFor, roots });
}
