/** A session of the 2025-11-25 revision: what is sent to open it, and the headers of its later requests. */
import { exchange } from './exchange.ts';
import type { CallText } from './workloads.ts';

const VERSION = '2025-11-25';
const headers = {
  'Content-Type': 'application/json',
  Accept: 'application/json, text/event-stream',
};

export const initialize = initializing({});

function initializing(capabilities: object): CallText {
  const params = { protocolVersion: VERSION, capabilities, clientInfo: { name: 'bench', version: '1.0.0' } };
  return { headers, body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params }) };
}

export function initialized(session: string): CallText {
  return { headers: within(session), body: JSON.stringify({ jsonrpc: '2.0', method: 'notifications/initialized' }) };
}

export function sessionCall(session: string, tool: string, id: number): CallText {
  const params = { name: tool, arguments: { message: 'How much does a hop cost?' } };
  return { headers: within(session), body: JSON.stringify({ jsonrpc: '2.0', id, method: 'tools/call', params }) };
}

/** @throws where the subject opens none. */
export async function openSession(url: string, capabilities: object = {}): Promise<string> {
  const opened = await exchange(url, initializing(capabilities));
  const session = opened.headers['mcp-session-id'];
  if (opened.status !== 200 || typeof session !== 'string')
    throw new Error(`${url} opened no session: HTTP ${opened.status}: ${opened.text.slice(0, 300)}`);
  const { status } = await exchange(url, initialized(session));
  if (status !== 202) throw new Error(`${url} answered notifications/initialized with HTTP ${status}`);
  return session;
}

export function within(session: string): Readonly<Record<string, string>> {
  return { ...headers, 'MCP-Protocol-Version': VERSION, 'Mcp-Session-Id': session };
}
