/** The battery itself: that it reads strictly, judges strictly, and knows who is to find what it plants. */
import { expect, it } from 'vitest';
import { readAnswers } from './answers.ts';
import { OWN_ID, fault, refusal, served } from './case.ts';
import { pieces } from './delivery.ts';
import { faults } from './faults.ts';
import { judge, judgeRecords } from './judge.ts';
import { table } from './table.ts';
import { bytesOf, calmly, framed, type Place } from './writing.ts';

const crlf = (text: string): Buffer => Buffer.from(text.replaceAll('\n', '\r\n'), 'latin1');
const read = (text: string, isHead = false) => readAnswers(crlf(text), () => isHead);
const place: Place = { plane: 'data', authority: 'a:1', scheme: 'http', path: '/mcp', tool: 'echo', nonce: 'n1' };
const answered = (status: number, body: string, fields = 'content-type: application/json\n') =>
  read(`HTTP/1.1 ${status} X\n${fields}x-request-id: r\ncontent-length: ${body.length}\n\n${body}`).answers[0];

it('the table is large, every case has a name of its own in its class, and says what it follows', () => {
  expect(table.length).toBeGreaterThanOrEqual(25);
  expect(table.flatMap(({ cases }) => cases).length).toBeGreaterThanOrEqual(120);
  for (const { name, cases } of table) {
    const names = cases.map((each) => each.name);
    expect([name, names.length]).toEqual([name, new Set(names).size]);
    expect(cases.filter(({ follows, gets }) => follows.length < 5 || gets.length === 0)).toEqual([]);
  }
});

it('ten faults are planted, each with classes of the table to find it', () => {
  expect(faults.length).toBe(10);
  const names = table.map(({ name }) => name);
  for (const { classes } of faults) expect(names).toEqual(expect.arrayContaining([...classes]));
});

it('answers are read one after the other, interim ones are counted, and what is cut is not there yet', () => {
  const two = 'HTTP/1.1 100 Continue\n\nHTTP/1.1 200 OK\ncontent-length: 2\n\nhiHTTP/1.1 204 No Content\n\n';
  expect(read(two)).toMatchObject({ answers: [{ status: 200, body: 'hi' }, { status: 204 }], continued: 1, rest: 0 });
  expect(read(two.slice(0, -3)).answers.length).toBe(1);
  expect(read('HTTP/1.1 200 OK\ntransfer-encoding: chunked\n\n2\nhi\n0\n\n').answers[0]?.body).toBe('hi');
  expect(read('HTTP/1.1 200 OK\ncontent-length: 9\n\n', true).answers.length).toBe(1);
});

it.each([
  ['bytes before it', 'xHTTP/1.1 200 OK\ncontent-length: 0\n\n'],
  ['another version', 'HTTP/1.0 200 OK\ncontent-length: 0\n\n'],
  ['no framing', 'HTTP/1.1 200 OK\n\n'],
  ['two framings', 'HTTP/1.1 200 OK\ncontent-length: 0\ntransfer-encoding: chunked\n\n'],
  ['a body that may not be', 'HTTP/1.1 204 X\ncontent-length: 2\n\nhi'],
  ['a chunk without its end', 'HTTP/1.1 200 OK\ntransfer-encoding: chunked\n\n2\nhiXX0\n\n'],
  ['a bad header', 'HTTP/1.1 200 OK\nx y: 1\ncontent-length: 0\n\n'],
])('an answer with %s is not read', (_, text) => {
  expect(read(text).broken).toBeTruthy();
});

it('a refusal has its status and its form, and shows nothing of the inside', () => {
  const body = '{"error":{"kind":"malformed","message":"No."}}';
  expect(judge(answered(400, body), [refusal(400)], place)).toBeUndefined();
  expect(judge(answered(400, body), [refusal(403, 404)], place)).toBe('400 instead of 403/404');
  expect(judge(answered(400, '{"error":"x"}'), [refusal(400)], place)).toContain('no refusal');
  expect(judge(answered(400, body, ''), [refusal(400)], place)).toContain('not JSON');
  expect(judge(answered(405, body), [refusal(405)], place)).toContain('Allow');
  expect(judge(answered(400, body.replace('No.', 'at go (/home/x.ts)')), [refusal(400)], place)).toContain('shows');
  expect(judge(undefined, [refusal(400)], place)).toBe('no answer');
});

it('an error and a result have the code and the id that they must have, as it was written', () => {
  const error = '{"jsonrpc":"2.0","id":"n1","error":{"code":-32600,"message":"No."}}';
  expect(judge(answered(400, error), [fault(400, -32_600)], place)).toBeUndefined();
  expect(judge(answered(400, error), [fault(400, -32_700)], place)).toContain('code');
  expect(judge(answered(400, error), [fault(400, -32_600, 'none')], place)).toContain('an id');
  expect(judge(answered(400, error), [fault(400, -32_600, 'null')], place)).toContain('another id');
  const result = '{"jsonrpc":"2.0","id":9007199254740993,"result":{}}';
  expect(judge(answered(200, result), [served('9007199254740993')], place)).toBeUndefined();
  expect(judge(answered(200, result), [served('9007199254740992')], place)).toContain('another id');
  expect(judge(answered(200, error), [served(OWN_ID)], place)).toContain('no result');
});

it('what is written is what is sent: bare bytes, and lengths that are right, one inside the other', () => {
  expect(bytesOf('a␍b␊c␀d\u00e9\n', place)).toEqual(Buffer.from('a\rb\nc\0d\u00e9\r\n', 'latin1'));
  const inner = bytesOf(calmly(), place).toString('latin1');
  const [, length, body] = /Content-Length: (\d+)\r\n\r\n([^]*)$/.exec(inner) ?? [];
  expect(Number(length)).toBe(body?.length);
  const outer = bytesOf(framed(['Content-Length: {length}'], calmly()), place).toString('latin1');
  expect(outer).toContain(`Content-Length: ${inner.length}\r\n\r\n${inner}`);
});

it('however it is cut, the bytes stay the same', () => {
  const bytes = bytesOf(calmly(), place);
  for (const delivery of ['whole', 'cut', 'bytes'] as const)
    expect(Buffer.concat([...pieces(bytes, delivery)])).toEqual(bytes);
  expect(pieces(bytes, 'bytes').length).toBe(bytes.length);
  expect(pieces(bytes, 'cut').length).toBeGreaterThan(50);
});

it('below TLS only an alert may come, and a handshake where one was begun', () => {
  const alert = '\x15\x03\x01\0\x02\x02\x46';
  const hello = '\x16\x03\x03\0\x01\x02';
  expect([judgeRecords('', false), judgeRecords(alert, false), judgeRecords(hello + alert, true)]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
  for (const text of [hello, alert + alert, 'HTTP/1.1 400', alert.slice(0, 6), '\x17\x03\x03\0\x01x'])
    expect(judgeRecords(text, false)).toBeTruthy();
  expect(judgeRecords('\x17\x03\x03\0\x01x', true)).toBeTruthy();
});
