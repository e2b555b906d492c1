/** The one call that every subject gets: MCP 2026-07-28, tools/call, a short argument; 300 bytes come back. */

export interface CallText {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Of the stub's answer. An id that the gateway makes is longer than its client's, at the cost of what follows it. */
const RESULT_BYTES = 300;
const LONGEST_ID = 20;

export function toolCall(tool: string, id: number): CallText {
  const _meta = {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientInfo': { name: 'bench', version: '1.0.0' },
    'io.modelcontextprotocol/clientCapabilities': {},
  };
  const params = { name: tool, arguments: { message: 'How much does a hop cost?' }, _meta };
  return {
    headers: {
      'Content-Type': 'application/json',
      Accept: 'application/json, text/event-stream',
      'MCP-Protocol-Version': '2026-07-28',
      'Mcp-Method': 'tools/call',
      'Mcp-Name': tool,
    },
    body: JSON.stringify({ jsonrpc: '2.0', id, method: 'tools/call', params }),
  };
}

/** Untimed, before and after: a subject that answers 502 quickly wins every table. @throws where an answer is not the stub's. */
export async function verify(url: string, tool: string): Promise<void> {
  for (const id of [1, 20, 300]) {
    const { headers, body } = toolCall(tool, id);
    const response = await fetch(url, { method: 'POST', headers, body, signal: AbortSignal.timeout(5_000) });
    const text = await response.text();
    const answer = JSON.parse(text) as { id?: unknown; result?: { content?: readonly { text?: string }[] } };
    const said = answer.result?.content?.[0]?.text ?? '';
    // The gateway may add members of its own to a result; it may not lose or change what the stub said.
    if (
      response.status !== 200 ||
      answer.id !== id ||
      !said.startsWith('lorem ipsum') ||
      text.length < RESULT_BYTES - LONGEST_ID
    ) {
      throw new Error(`${url} answered HTTP ${response.status}: ${text.slice(0, 500)}`);
    }
  }
}
