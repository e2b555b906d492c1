/** Lines as MCP's stdio transport has them: what stands before each line feed, a carriage return before it being a part of the end. */

export interface ReferenceLines {
  /** As latin1. */
  readonly lines: readonly string[];
  /** What has no end yet. */
  readonly rest: string;
}

export function readLines(bytes: Buffer): ReferenceLines {
  const parts = bytes.toString('latin1').split('\n');
  const rest = parts.pop() ?? '';
  return { lines: parts.map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line)), rest };
}
