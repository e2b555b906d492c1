/** What each client wants to be told to use this gateway. Claude Desktop starts programs only, so there a bridge stands between. */

export interface Snippet {
  readonly client: string;
  /** The file that it goes into; empty for a command. */
  readonly where: string;
  readonly text: string;
}

export function snippets(endpoint: string): readonly Snippet[] {
  return [
    { client: 'Claude Code', where: '', text: `claude mcp add --transport http gatehouse ${endpoint}` },
    {
      client: 'Claude Desktop',
      where: 'claude_desktop_config.json',
      text: json({ mcpServers: { gatehouse: { command: 'npx', args: ['-y', 'mcp-remote', endpoint] } } }),
    },
    { client: 'Cursor', where: '~/.cursor/mcp.json', text: json({ mcpServers: { gatehouse: { url: endpoint } } }) },
    {
      client: 'VS Code',
      where: '.vscode/mcp.json',
      text: json({ servers: { gatehouse: { type: 'http', url: endpoint } } }),
    },
  ];
}

function json(value: unknown): string {
  return JSON.stringify(value);
}
