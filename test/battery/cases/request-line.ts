/** The first line: its grammar, its version, its method, its target (RFC 9112, sections 2.2 to 3.2). */
import { fine, malformed, refusal, refused, served, type Case, type CaseClass } from '../case.ts';
import { adding, asking, calmly } from '../writing.ts';

const line = (name: string, sends: string, more: Partial<Case> = {}): Case => ({
  name,
  follows: 'RFC 9112 3',
  sends,
  ...malformed,
  ...more,
});

const BARE = { follows: 'RFC 9112 2.2' } as const;

export const requestLine: CaseClass = {
  name: 'request line',
  cases: [
    line('two spaces before the target', asking('{method}  {path} HTTP/1.1')),
    line('two spaces before the version', asking('{method} {path}  HTTP/1.1')),
    line('a space behind the version', asking('{method} {path} HTTP/1.1 ')),
    line('a space before the method', asking(' {method} {path} HTTP/1.1')),
    line('a tab for a space', asking('{method}\t{path} HTTP/1.1')),
    line('a vertical tab for a space', asking('{method}\v{path} HTTP/1.1')),
    line('no target', asking('{method} HTTP/1.1')),
    line('an answer for a request', 'HTTP/1.1 200 OK\nHost: {host}\n{fields}\n{body}'),
    line('two lines in one', asking('{method} {path} HTTP/1.1 {method} {path} HTTP/1.1')),
    line('a line ended by LF', '{method} {path} HTTP/1.1␊Host: {host}\n{fields}\n{body}', BARE),
    line('a line ended by CR', '{method} {path} HTTP/1.1␍Host: {host}\n{fields}\n{body}', BARE),
    line('a line ended by CR CR LF', '{method} {path} HTTP/1.1␍\nHost: {host}\n{fields}\n{body}', BARE),
    line('space before the first field', '{method} {path} HTTP/1.1\n Host: {host}\n{fields}\n{body}', BARE),
    line('two empty lines before it', `\n\n${adding()}`, BARE),
    line('one empty line before it', `\n${calmly()}`, { ...BARE, ...fine }),
  ],
};

const version = (name: string, sends: string, more: Partial<Case> = {}): Case => ({
  name,
  follows: 'RFC 9112 2.3',
  sends,
  gets: [refusal(400, 505)],
  leaves: 'closed',
  ...more,
});

export const versions: CaseClass = {
  name: 'version',
  cases: [
    version('none, as in HTTP/0.9', 'GET {path}\n\n'),
    version('none, and fields', 'GET {path}\nHost: {host}\n\n'),
    version('HTTP/2.0', asking('{method} {path} HTTP/2.0')),
    version('HTTP/1.10', asking('{method} {path} HTTP/1.10')),
    version('HTTP/01.1', asking('{method} {path} HTTP/01.1')),
    version('HTTP/1.2', asking('{method} {path} HTTP/1.2')),
    version('HTTP/1', asking('{method} {path} HTTP/1')),
    version('in lower case', asking('{method} {path} http/1.1')),
    version('another protocol', asking('{method} {path} RTSP/1.0')),
    version('the preface of HTTP/2', 'PRI * HTTP/2.0\n\nSM\n\n␀␀␀\x04␀␀␀␀␀', { follows: 'RFC 9113 3.4' }),
    version('HTTP/1.0 without Host', '{method} {path} HTTP/1.0\n{fields}\n{body}', {
      follows: 'RFC 9110 7.2',
      gets: [refusal(400, 403, 505)],
      control: { gets: [refusal(400, 403, 505), served()], leaves: 'closed' },
    }),
    version('HTTP/1.0 with an empty Host', '{method} {path} HTTP/1.0\nHost:\n{fields}\n{body}', {
      follows: 'RFC 9110 7.2',
    }),
    version('HTTP/1.0 for a whole URL, without Host', '{method} {scheme}://{host}{path} HTTP/1.0\n{fields}\n{body}', {
      follows: 'RFC 9112 3.2.2',
    }),
    version('HTTP/1.0 with chunks', 'POST {path} HTTP/1.0\nHost: {host}\n{named}Transfer-Encoding: chunked\n\n0\n\n', {
      follows: 'RFC 9112 6.1',
    }),
    version('HTTP/1.0, and then another request', '{method} {path} HTTP/1.0\nHost: {host}\n{calm}{counted}\n{list}', {
      follows: 'RFC 9112 9.3',
      gets: [refusal(505), served()],
    }),
  ],
};

const method = (name: string, sends: string, more: Partial<Case> = {}): Case => ({
  name,
  follows: 'RFC 9110 9.1',
  sends,
  ...refused(405),
  ...more,
});

export const methods: CaseClass = {
  name: 'method',
  cases: [
    method('PUT', 'PUT {path} HTTP/1.1\nHost: {host}\n\n', { leaves: 'kept' }),
    method('PATCH with a body', 'PATCH {path} HTTP/1.1\nHost: {host}\n{fields}\n{body}'),
    method('TRACE', 'TRACE {path} HTTP/1.1\nHost: {host}\nAuthorization: Bearer x\n\n', {
      follows: 'RFC 9110 9.3.8',
      gets: [refusal(400, 405, 501)],
      leaves: 'in-sync',
    }),
    method('CONNECT', 'CONNECT {host} HTTP/1.1\nHost: {host}\n\n', {
      follows: 'RFC 9110 9.3.6',
      gets: [refusal(400, 405, 501)],
      leaves: 'closed',
    }),
    method('HEAD has no body', 'HEAD {path} HTTP/1.1\nHost: {host}\n\n', {
      follows: 'RFC 9110 9.3.2',
      isHead: true,
      gets: [{ is: 'status', status: [405, 406] }],
      leaves: 'kept',
      control: { gets: [{ is: 'status', status: [200] }], leaves: 'kept' },
    }),
    method('HEAD of nothing', 'HEAD /nowhere HTTP/1.1\nHost: {host}\n\n', {
      follows: 'RFC 9110 9.3.2',
      isHead: true,
      gets: [{ is: 'status', status: [404] }],
      leaves: 'kept',
    }),
    method('in lower case', asking('post {path} HTTP/1.1'), { gets: [refusal(400, 405, 501)] }),
    method('one that nobody knows', asking('LAUNCH {path} HTTP/1.1'), { gets: [refusal(400, 405, 501)] }),
    method('one that goes on behind POST', asking('POSTX {path} HTTP/1.1'), { gets: [refusal(400, 405, 501)] }),
    method('no token', asking('PO(T {path} HTTP/1.1'), malformed),
    method('a byte beyond ASCII', asking('P\u00d6ST {path} HTTP/1.1'), malformed),
    method('a NUL', asking('PO␀ST {path} HTTP/1.1'), malformed),
    method('of 8,000 letters', asking(`${'A'.repeat(8000)} {path} HTTP/1.1`), {
      gets: [refusal(400, 431, 501)],
      leaves: 'closed',
    }),
  ],
};

const target = (name: string, text: string, more: Partial<Case> = {}): Case => ({
  name,
  follows: 'RFC 9112 3.2',
  sends: asking(`{method} ${text} HTTP/1.1`),
  ...malformed,
  ...more,
});

/** Well formed, and no route: targets are compared byte by byte. */
const nowhere = { ...refused(404), follows: 'RFC 9110 4.2.3' } as const;
const authority = { follows: 'RFC 9112 3.2.2' } as const;

export const targets: CaseClass = {
  name: 'target',
  cases: [
    target('an encoded letter', '/%6dcp', nowhere),
    target('a trailing slash', '{path}/', nowhere),
    target('a doubled slash', '/{path}', nowhere),
    target('another case', '/MCP', nowhere),
    target('dot segments that lead to it', '/x/..{path}', nowhere),
    target('dot segments inside', '/.{path}', nowhere),
    target('encoded dots', '/x/%2e%2e{path}', nowhere),
    target('a path parameter', '{path};v=1', nowhere),
    target('an encoded slash', '/servers%2fecho/mcp', nowhere),
    target('an encoded question mark', '{path}%3fx', nowhere),
    target('an encoded NUL', '{path}%00', nowhere),
    target('an encoded line end', '{path}%0d%0aX:%20y', nowhere),
    target('a server that is none', '/servers/__proto__/mcp', nowhere),
    target('a fragment', '{path}#x'),
    target('a backslash', '\\mcp'),
    target('a bad escape', '{path}?%2'),
    target('a byte beyond ASCII', '{path}?\u00e9'),
    target('a NUL', '{path}␀'),
    target('a DEL', '{path}\u007f'),
    target('no slash', 'mcp', { follows: 'RFC 9112 3.2.1' }),
    target('an asterisk', '*', { follows: 'RFC 9112 3.2.4', gets: [refusal(400, 404)], leaves: 'in-sync' }),
    target('an authority', '{host}', { follows: 'RFC 9112 3.2.3' }),
    target('absolute, of another authority', '{scheme}://evil.example{path}', authority),
    target('absolute, of another port', '{scheme}://127.0.0.1:1{path}', authority),
    target('absolute, with user information', '{scheme}://evil@{host}{path}', { follows: 'RFC 9110 4.2.4' }),
    target('absolute, without an authority', '{scheme}://{path}', authority),
    target('absolute, of another scheme', 'ftp://{host}{path}', authority),
    target('absolute, with dot segments', '{scheme}://{host}/x/..{path}', { ...authority, ...refused(404) }),
    target('absolute, of nothing', '{scheme}://{host}/nowhere', { ...authority, ...refused(404) }),
    target('absolute, and right', '', {
      ...authority,
      ...fine,
      sends: '{method} {scheme}://{host}{path} HTTP/1.1\nHost: {host}\n{calm}{counted}\n{list}',
    }),
    target('a query that looks like a route', '', {
      follows: 'RFC 3986 3.4',
      ...fine,
      sends: '{method} {path}?/../nowhere?x=/metrics HTTP/1.1\nHost: {host}\n{calm}{counted}\n{list}',
    }),
  ],
};
