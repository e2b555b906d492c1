/** HTTP+SSE where it is served: what each of its two paths takes, and whose word counts there (MCP 2024-11-05 "Transports"). */
import { NO_MCP, wrong, refused, type Case, type CaseClass } from '../case.ts';
import { message } from '../writing.ts';

const INVALID = -32_600;
const UNSUPPORTED = -32_022;
const STREAM = '/servers/echo/sse';
const MESSAGES = '/servers/echo/messages';
const ACCEPT = 'Accept: text/event-stream\n';

const one = (name: string, sends: string, more: Pick<Case, 'gets' | 'leaves'>): Case => ({
  name,
  follows: 'MCP 2024-11-05 Transports, HTTP with SSE',
  sends,
  ...more,
});
const opening = (target: string, fields = ACCEPT): string => `GET ${target} HTTP/1.1\nHost: {host}\n${fields}\n`;
const posting = (target: string, body: string, fields = ''): string =>
  `POST ${target} HTTP/1.1\nHost: {host}\nContent-Type: application/json\n${fields}Content-Length: {length}\n\n${body}`;
const CALL = message('tools/call', '{"name":"echo","arguments":{"battery":"{nonce}"}}');
const guess = (name: string, session: string, more = wrong(404, INVALID)): Case =>
  one(name, posting(`${MESSAGES}${session}`, CALL), more);

export const ssePaths: CaseClass = {
  name: 'HTTP+SSE',
  leavesOut: { ...NO_MCP, 'data-tls': 'it is switched off there' },
  cases: [
    guess('a session that never was', '?session=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'),
    guess('no session', '', wrong(400, INVALID)),
    guess('an empty session', '?session=', wrong(400, INVALID)),
    guess('the name of a prototype', '?session=__proto__'),
    guess('an encoded session', '?session=%41%41%41%41'),
    guess('a session of 900 letters', `?session=${'a'.repeat(900)}`),
    one(
      'a call of a stateless revision',
      posting(`${MESSAGES}?session=x`, message('tools/list')),
      wrong(400, UNSUPPORTED),
    ),
    one('what is no JSON', posting(`${MESSAGES}?session=x`, '{'), wrong(400, -32_700, 'null')),
    one('a stream for whom it is not', opening(STREAM, ''), refused(406)),
    one(
      'a stream of a stateless revision',
      opening(STREAM, `${ACCEPT}MCP-Protocol-Version: 2026-07-28\n`),
      refused(400),
    ),
    one('a stream where messages go', opening(MESSAGES), refused(405)),
    one('a message where the stream is', posting(STREAM, CALL), refused(405)),
    one('an encoded path', opening('/servers/echo/s%73e'), refused(404)),
    one('another case', opening('/servers/echo/SSE'), refused(404)),
    one('a slash behind', opening(`${STREAM}/`), refused(404)),
    one('dots', opening('/servers/x/../echo/sse'), refused(404)),
    one('a stream for another site', opening(STREAM, `${ACCEPT}Origin: https://evil.example\n`), refused(403)),
  ],
};
