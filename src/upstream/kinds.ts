/** From a server's settings to the upstream that serves it. A new kind is a folder and a line here. */
import type { StartedUpstream } from '../core/ports/upstream.ts';
import type { ServerSettings } from '../core/settings.ts';
import type { Environment } from './mcp/environment.ts';
import { httpServer } from './mcp/http-server.ts';
import { stdioServer } from './mcp/stdio-server.ts';

export function createUpstream(settings: ServerSettings, environment: Environment): StartedUpstream {
  return settings.kind === 'stdio' ? stdioServer(settings, environment) : httpServer(settings, environment);
}
