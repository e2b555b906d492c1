/** Headers that repeat the body, and do not (MCP 2026-07-28, "Streamable HTTP", header validation and `x-mcp-header`). */
import { fine, NO_MCP, wrong, type Case, type CaseClass } from '../case.ts';
import { called, message, META, posting, stateless } from '../writing.ts';

const MISMATCH = -32_020;
const VERSION = 'MCP-Protocol-Version: 2026-07-28\n';

const header = (name: string, fields: string, more: Partial<Case> = {}): Case => ({
  name,
  follows: 'MCP 2026-07-28 Streamable HTTP, header validation',
  sends: posting(fields, message('tools/call', called())),
  ...wrong(400, MISMATCH),
  ...more,
});

const NAMED = 'Mcp-Name: {tool}\n';
const CALLED = 'Mcp-Method: tools/call\n';

export const mirroredHeaders: CaseClass = {
  name: 'mirrored headers',
  leavesOut: NO_MCP,
  cases: [
    header('no version', `${CALLED}${NAMED}`),
    header('another version', `MCP-Protocol-Version: 2025-11-25\n${CALLED}${NAMED}`),
    header('an empty version', `MCP-Protocol-Version:\n${CALLED}${NAMED}`),
    header('a version with something behind', `MCP-Protocol-Version: 2026-07-28;x\n${CALLED}${NAMED}`),
    header('two versions in one', `MCP-Protocol-Version: 2026-07-28, 2025-11-25\n${CALLED}${NAMED}`),
    header('no method', `${VERSION}${NAMED}`),
    header('another method', `${VERSION}Mcp-Method: tools/list\n${NAMED}`),
    header('a method in capitals', `${VERSION}Mcp-Method: TOOLS/CALL\n${NAMED}`),
    header('an encoded method', `${VERSION}Mcp-Method: =?base64?dG9vbHMvY2FsbA==?=\n${NAMED}`),
    header('no name', `${VERSION}${CALLED}`),
    header('another name', `${VERSION}${CALLED}Mcp-Name: other\n`),
    header('a name in capitals', `${VERSION}${CALLED}Mcp-Name: ECHO\n`),
    header('an empty name', `${VERSION}${CALLED}Mcp-Name:\n`),
    header('a name that is not Base64', `${VERSION}${CALLED}Mcp-Name: =?base64?!!!?=\n`),
    header('a name without its padding', `${VERSION}${CALLED}Mcp-Name: =?base64?ZWNobw?=\n`),
    header('a name of bytes that are no UTF-8', `${VERSION}${CALLED}Mcp-Name: =?base64?//79?=\n`),
    header('a name percent-encoded', `${VERSION}${CALLED}Mcp-Name: %65cho\n`),
    header('two names in one', `${VERSION}${CALLED}Mcp-Name: {tool}, other\n`),
    {
      ...header('a name that the body lacks', ''),
      sends: stateless('tools/call', message('tools/call', `{${META}}`), '{tool}'),
    },
    {
      ...header('a name in the body that is no string', ''),
      sends: stateless('tools/call', message('tools/call', `{"name":["{tool}"],${META}}`), '{tool}'),
    },
    {
      ...header('a URI for a resource', ''),
      sends: stateless(
        'resources/read',
        message('resources/read', `{"uri":"file:///etc/passwd",${META}}`),
        'file:///tmp/x',
      ),
    },
    {
      ...header('a session that this revision has not', ''),
      sends: posting(`${VERSION}Mcp-Method: tools/list\nMcp-Session-Id: x\nLast-Event-ID: y\n`, message('tools/list')),
      ...fine,
    },
  ],
};

const argued = (name: string, fields: string, args: string): Case => ({
  name,
  follows: 'MCP 2026-07-28 Streamable HTTP, x-mcp-header',
  sends: `POST /servers/echo/mcp HTTP/1.1\nHost: {host}\n{types}${VERSION}${CALLED}Mcp-Name: pick\n${fields}Content-Length: {length}\n\n${message('tools/call', `{"name":"pick","arguments":${args},${META}}`)}`,
  ...wrong(400, MISMATCH),
});

export const mirroredArguments: CaseClass = {
  name: 'mirrored arguments',
  leavesOut: NO_MCP,
  cases: [
    argued('no header', '', '{"region":"eu"}'),
    argued('another value', 'Mcp-Param-Region: us\n', '{"region":"eu"}'),
    argued('a header without an argument', 'Mcp-Param-Region: eu\n', '{}'),
    argued('a header for null', 'Mcp-Param-Region: null\n', '{"region":null}'),
    argued('another case', 'Mcp-Param-Region: EU\n', '{"region":"eu"}'),
    argued('twice', 'Mcp-Param-Region: eu\nMcp-Param-Region: us\n', '{"region":"eu"}'),
    argued('bad Base64', 'Mcp-Param-Region: =?base64?ZXU?=\n', '{"region":"eu"}'),
    argued('another number', 'Mcp-Param-Size: 2\n', '{"size":1}'),
    argued('a number in words', 'Mcp-Param-Size: one\n', '{"size":1}'),
    argued('a hexadecimal number', 'Mcp-Param-Size: 0x1\n', '{"size":1}'),
  ],
};
