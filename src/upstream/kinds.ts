/** From a server's settings to the upstream that serves it. A new kind is a folder and a line here. */
import type { StartedUpstream } from '../core/ports/upstream.ts';
import type { ServerSettings } from '../core/settings.ts';
import type { Environment } from './mcp/environment.ts';
import { openHttp } from './mcp/open-http.ts';
import { McpServer } from './mcp/server.ts';
import { stdioServer } from './mcp/stdio-server.ts';

export function createUpstream(settings: ServerSettings, environment: Environment): StartedUpstream {
  if (settings.kind === 'stdio') return stdioServer(settings, environment);
  return new McpServer(settings.name, openHttp(settings, environment), environment);
}
