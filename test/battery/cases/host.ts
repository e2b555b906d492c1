/** Host and Origin: who is meant, and which page it was that asked (RFC 9110 7.2, RFC 9112 3.2; MCP "Streamable HTTP", security warning). */
import { fine, malformed, NO_MCP, refusal, refused, status, type Case, type CaseClass } from '../case.ts';
import { adding, calmly, hosted } from '../writing.ts';

const host = (name: string, ...lines: readonly string[]): Case => ({
  name,
  follows: 'RFC 9112 3.2',
  sends: hosted(...lines),
  ...malformed,
  routes: 'every',
});

/** Forms of which no reader may take a part for the host, a path or a port: refused on every route of every listener. */
export const hostForms: CaseClass = {
  name: 'host forms',
  cases: [
    host('that hold a path and a query', 'Host: gw/health?x='),
    host('that hold user information', 'Host: evil.example@localhost'),
    host('twice, the right one first', 'Host: {host}', 'Host: evil.example'),
    host('that are empty', 'Host:'),
    host('that are missing'),
    host('with two ports', 'Host: localhost:8080:80'),
    host('with half a bracket', 'Host: [::1'),
    host('that are a list', 'Host: {host}, evil.example'),
    host('twice, the same', 'Host: {host}', 'host: {host}'),
    host('with a path behind the right one', 'Host: {host}/readyz'),
    host('with a fragment', 'Host: {host}#evil'),
    host('with a scheme', 'Host: {scheme}://{host}'),
    host('with a backslash', 'Host: {host}\\@evil.example'),
    host('with a space', 'Host: {host} evil.example'),
    host('with a port that is no number', 'Host: localhost:80a'),
    host('with a byte beyond ASCII', 'Host: loc\u00e4lhost'),
    host('with a bad escape', 'Host: local%zzhost'),
    host('with an address that is none', 'Host: [::1::]:80'),
    host('with a zone', 'Host: [fe80::1%25lo]:80'),
    host('with a NUL', 'Host: {host}␀.evil.example'),
    host('folded over two lines', 'Host: {host}', ' .evil.example'),
  ],
};

const foreign = (name: string, value: string): Case => ({
  name,
  follows: 'MCP 2025-11-25 Transports, security warning',
  sends: hosted(`Host: ${value}`),
  ...refused(403),
  routes: 'every',
});

/** Well formed, and somebody else. */
export const foreignHosts: CaseClass = {
  name: 'foreign hosts',
  leavesOut: { health: 'probes come by whatever address they have; there is nothing to rebind to' },
  cases: [
    foreign('another name', 'evil.example'),
    foreign('another name that resolves to this machine', 'localhost.evil.example:80'),
    foreign('this name in front of another', '127.0.0.1.evil.example'),
    foreign('another port', '127.0.0.1:1'),
    foreign('port zero', '127.0.0.1:0'),
    foreign('no port', '127.0.0.1'),
    foreign('an empty port', '127.0.0.1:'),
    foreign('a dot behind it', 'localhost.'),
    foreign('an underscore', 'local_host'),
    foreign('the address as one number', '2130706433'),
    foreign('an address with other digits', '127.1'),
    foreign('an encoded name', 'localhos%74'),
  ],
};

const origin = (name: string, ...lines: readonly string[]): Case => ({
  name,
  follows: 'MCP 2026-07-28 Streamable HTTP, security warning',
  sends: adding(...lines),
  ...refused(403),
  routes: 'every',
});

export const origins: CaseClass = {
  name: 'origin',
  cases: [
    origin('another site', 'Origin: https://evil.example'),
    origin('null', 'Origin: null'),
    origin('empty', 'Origin:'),
    origin('a name that begins like ours', 'Origin: {scheme}://{host}.evil.example'),
    origin('ours as user information', 'Origin: {scheme}://{host}@evil.example'),
    origin('ours in a path', 'Origin: https://evil.example/{host}'),
    origin('several in one', 'Origin: {scheme}://{host} https://evil.example'),
    {
      ...origin('twice', 'Origin: {scheme}://{host}', 'Origin: https://evil.example'),
      ...malformed,
      follows: 'RFC 6454 7.3',
    },
    origin('another scheme', 'Origin: gopher://{host}'),
    origin('of a file', 'Origin: file://'),
  ],
};

const preflight = (name: string, ...lines: readonly string[]): Case => ({
  name,
  follows: 'Fetch 3.2.2',
  sends: `OPTIONS /mcp HTTP/1.1\nHost: {host}\n${lines.map((line) => `${line}\n`).join('')}\n`,
  gets: [refusal(403)],
  leaves: 'kept',
});

export const preflights: CaseClass = {
  name: 'preflight',
  leavesOut: NO_MCP,
  cases: [
    preflight('from another site', 'Origin: https://evil.example', 'Access-Control-Request-Method: POST'),
    { ...preflight('from nowhere', 'Access-Control-Request-Method: POST'), gets: [refusal(405)] },
    {
      ...preflight(
        'for every header',
        'Origin: {scheme}://{host}',
        'Access-Control-Request-Headers: cookie, x-y, mcp-param-a',
      ),
      gets: [status(204)],
    },
  ],
};

const rewriting = (name: string, ...lines: readonly string[]): Case => ({
  name,
  follows: 'RFC 9110 7.2',
  sends: calmly(...lines),
  ...fine,
});

const overruling = (name: string, line: string): Case => ({
  name,
  follows: 'RFC 9110 9.1',
  sends: `{method} /nowhere HTTP/1.1\nHost: {host}\n${line}\n{fields}\n{body}`,
  ...refused(404),
});

/** Fields with which proxies tell each other who was meant: from anybody else they mean nothing. */
export const rewritten: CaseClass = {
  name: 'fields that rewrite',
  cases: [
    rewriting(
      'the host',
      'X-Forwarded-Host: evil.example',
      'Forwarded: host=evil.example;proto=https',
      'X-Host: evil.example',
    ),
    rewriting('the target', 'X-Original-URL: /nowhere', 'X-Rewrite-URL: /nowhere', 'X-Forwarded-Prefix: /nowhere'),
    rewriting('the method', 'X-HTTP-Method-Override: DELETE', 'X-Method-Override: DELETE'),
    overruling('an unknown target', 'X-Original-URL: {path}'),
    overruling('an unknown target by its host', 'X-Forwarded-Host: {host}{path}'),
    {
      ...overruling('a foreign host', ''),
      sends:
        '{method} {path} HTTP/1.1\nHost: evil.example\nX-Forwarded-Host: {host}\nForwarded: host="{host}"\n{fields}\n{body}',
      ...refused(403),
      follows: 'RFC 7239 8.1',
      leavesOut: { health: 'it answers any Host' },
    },
  ],
};
