/** What somebody without a configuration is given to begin with. `check` accepts it as it is. */

export const STARTER = `# gatehouse.yaml: the MCP servers behind one address. Every setting: gatehouse schema
listen: 127.0.0.1:8080

servers:
  # a server that runs as a child process; it begins when the gateway does
  files:
    command: npx
    args: [-y, "@modelcontextprotocol/server-filesystem", .]

  # a server that is reached over HTTP
  # github:
  #   url: https://api.githubcopilot.com/mcp/
  #   headers: { Authorization: "Bearer \${GITHUB_TOKEN}" }`;
