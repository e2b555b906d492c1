/** From a server's settings to the upstream that serves it. A new kind is a folder and a line here. */
import type { ServerSettings } from '../core/settings.ts';
import type { Environment } from './mcp/environment.ts';
import { openHttp } from './mcp/open-http.ts';
import { openStdio } from './mcp/open-stdio.ts';
import { McpServer } from './mcp/server.ts';

export function createUpstream(settings: ServerSettings, environment: Environment): McpServer {
  const open = settings.kind === 'http' ? openHttp(settings, environment) : openStdio(settings, environment);
  return new McpServer(settings.name, open, environment);
}
