/** Requests that are served: keep-alive, pipelining, the body wanted or not, clients that leave. */
import { describe, expect, it } from 'vitest';
import { serve, until } from '../../../test/fakes/wire.ts';

const crlf = (text: string): string => text.replaceAll('\n', '\r\n');
const POST = crlf('POST /mcp HTTP/1.1\nHost: a\nContent-Length: 5\n\nhello');
const CHUNKED = crlf('POST /mcp HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n3\nhel\n2\nlo\n0\nTrailer: x\n\n');

describe('a request', () => {
  it.each([
    ['with a length', POST],
    ['in chunks', CHUNKED],
  ])('%s is answered alike wherever it is cut', async (_, message) => {
    await using fixture = await serve();
    for (let cut = 1; cut < message.length; cut += 3) {
      const client = fixture.client();
      await client.sendApart([message.slice(0, cut), message.slice(cut)]);
      await client.answered();
      expect(client.responses[0], `cut at ${cut}`).toMatchObject({ status: 200, body: 'hello' });
      client.socket.destroy();
      await until(() => fixture.server.connections === 0);
    }
    expect(fixture.parsers.lent).toBe(0);
    expect(fixture.buffered.held).toBe(0);
  });

  it('is answered with its id, a date and a length', async () => {
    await using fixture = await serve();
    const client = fixture.client();
    client.send(POST);
    await client.answered();
    expect(client.received).toBe(
      crlf('HTTP/1.1 200 OK\nx-request-id: r1\ndate: Thu, 01 Jan 1970 00:00:00 GMT\ncontent-length: 5\n\nhello'),
    );
  });

  it('leaves the connection for the next, which holds no parser while idle', async () => {
    await using fixture = await serve();
    const client = fixture.client();
    for (const count of [1, 2, 3]) {
      client.send(POST);
      await client.answered(count);
      expect(fixture.parsers.lent).toBe(0);
    }
    expect(fixture.requests.map(({ body }) => body)).toEqual(['hello', 'hello', 'hello']);
    expect(fixture.server.connections).toBe(1);
  });

  it('that comes with others is answered in its turn', async () => {
    const waiting: (() => void)[] = [];
    await using fixture = await serve({
      onRequest: (exchange, body) => waiting.push(() => exchange.respond(200, '', body)),
    });
    const client = fixture.client();
    client.send(POST + POST.replace('hello', 'later') + POST.replace('hello', 'third'));
    for (const count of [1, 2, 3]) {
      await until(() => waiting.length === count);
      waiting[count - 1]?.();
      await client.answered(count);
    }
    expect(client.responses.map(({ body }) => body)).toEqual(['hello', 'later', 'third']);
    expect(fixture.parsers.lent).toBe(0);
  });

  it('is read no further while one is being answered, and read on afterwards', async () => {
    const count = 20_000;
    const next = `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n${'x'.repeat(1000)}`;
    let first: (() => void) | undefined;
    await using fixture = await serve({
      onRequest: (exchange) => {
        if (first) exchange.respond(204, '', '');
        else first = () => exchange.respond(204, '', '');
      },
    });
    const [client, other] = [fixture.client(), fixture.client()];
    client.send(POST);
    await until(() => first !== undefined);
    client.send(next.repeat(count));
    for (let turn = 1; turn <= 300; turn += 1) {
      other.send(POST);
      await other.answered(turn);
    }
    expect(client.socket.writableLength).toBeGreaterThan(0);
    first?.();
    await until(() => client.received.split('HTTP/1.1 204').length === count + 2, 'all answers');
  });

  it('in absolute form is cut to its path when it names the host', async () => {
    await using fixture = await serve();
    const client = fixture.client();
    client.send(crlf('GET http://A:80/x?y HTTP/1.1\nHost: a:80\n\nGET http://a?q HTTP/1.1\nHost: a\n\n'));
    await client.answered(2);
    expect(fixture.requests.map(({ exchange }) => exchange.target)).toEqual(['/x?y', '/?q']);
  });

  it('shows its head until it is answered', async () => {
    const seen: unknown[] = [];
    await using fixture = await serve({
      onHead: (exchange) => {
        exchange.context = exchange.header('x-list');
      },
      onRequest: (exchange) => {
        seen.push(exchange.context, exchange.header('x-list'), exchange.count('x-list'), exchange.header('x-none'));
        seen.push(exchange.method, exchange.from.address);
        exchange.respond(202, 'x-a: b\r\n', '');
        seen.push(exchange.header('x-list'));
      },
    });
    const client = fixture.client();
    client.send(crlf('PATCH /m HTTP/1.1\nHost: a\nX-List: 1\nx-list: 2\n\n'));
    await client.answered();
    expect(seen).toEqual(['1, 2', '1, 2', 2, undefined, 'PATCH', '127.0.0.1', undefined]);
    expect(client.responses[0]?.head).toContain('HTTP/1.1 202 Accepted\r\nx-a: b\r\n');
  });

  it('with Expect gets 100 when its body is wanted, and only then', async () => {
    await using fixture = await serve({
      onHead: (exchange) => {
        if (exchange.target === '/no') exchange.respond(404, '', 'no');
      },
    });
    const head = crlf('POST /mcp HTTP/1.1\nHost: a\nExpect: 100-continue\nContent-Length: 5\n\n');
    const wanted = fixture.client();
    wanted.send(head);
    await until(() => wanted.received === 'HTTP/1.1 100 Continue\r\n\r\n');
    wanted.send('hello');
    await until(() => wanted.received.endsWith('hello'));
    const refused = fixture.client();
    refused.send(head.replace('/mcp', '/no'));
    await refused.ended();
    expect(refused.responses).toMatchObject([{ status: 404, body: 'no' }]);
    expect(refused.responses[0]?.head).toContain('connection: close');
  });

  it('answered at its head keeps the connection only if its body has come', async () => {
    await using fixture = await serve({ onHead: (exchange) => exchange.respond(404, '', 'no') });
    const client = fixture.client();
    client.send(POST + POST);
    await client.answered(2);
    client.send(POST.slice(0, -2));
    await client.ended();
    expect(client.responses.map(({ status }) => status)).toEqual([404, 404, 404]);
    expect(fixture.requests).toEqual([]);
  });

  it('with Connection: close is the last, and HEAD gets no body', async () => {
    await using fixture = await serve({ onRequest: (exchange) => exchange.respond(200, '', 'abc') });
    const client = fixture.client();
    client.send(crlf('HEAD / HTTP/1.1\nHost: a\nConnection: close\n\nGET / HTTP/1.1\nHost: a\n\n'));
    await client.ended();
    expect(client.received).toMatch(/content-length: 3\r\n\r\n$/);
    expect(client.received).toContain('connection: close\r\n');
    expect(fixture.requests.length).toBe(1);
  });

  it('HEAD gets no body when it is refused either', async () => {
    await using fixture = await serve({ bounds: { bodyBytes: 5 } });
    const client = fixture.client();
    client.send(crlf('HEAD / HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n'));
    client.send(crlf('9\n123456789\n0\n\n'));
    await client.ended();
    expect(client.received).toMatch(/^HTTP\/1\.1 413 [^]*\r\n\r\n$/);
  });
});

describe('a client that goes away', () => {
  it.each([
    ['half closes', (socket: { end(): void }) => socket.end()],
    ['hangs up', (socket: { destroy(): void }) => socket.destroy()],
    ['resets', (socket: { resetAndDestroy(): void }) => socket.resetAndDestroy()],
  ])('is noticed when it %s before its answer', async (_, leave) => {
    let gone = 0;
    await using fixture = await serve({ onRequest: (exchange) => exchange.onGone(() => (gone += 1)) });
    const client = fixture.client();
    client.send(POST);
    await until(() => fixture.requests.length === 1);
    leave(client.socket);
    await until(() => gone === 1);
    fixture.requests[0]?.exchange.respond(200, '', 'too late');
    await until(() => fixture.server.connections === 0);
    expect(gone).toBe(1);
    expect(fixture.buffered.held).toBe(0);
  });

  it('is not called gone after its answer', async () => {
    let gone = 0;
    await using fixture = await serve({
      onRequest: (exchange) => {
        exchange.onGone(() => (gone += 1));
        exchange.respond(200, '', 'x');
      },
    });
    const client = fixture.client();
    client.send(POST);
    await client.answered();
    client.socket.destroy();
    await until(() => fixture.server.connections === 0);
    expect(gone).toBe(0);
  });
});

describe('draining', () => {
  it('closes idle connections in a moment, lets busy ones finish, and answers who comes until it leaves', async () => {
    await using fixture = await serve({ onRequest: () => undefined });
    const [idle, busy] = [fixture.client(), fixture.client()];
    busy.send(POST);
    await until(() => fixture.requests.length === 1 && fixture.server.connections === 2);
    expect(fixture.server.busy).toBe(1);
    fixture.server.drain();
    const late = fixture.client();
    late.send(POST);
    await until(() => fixture.requests.length === 2 && fixture.server.connections === 3);
    expect(idle.hasEnded).toBe(false);
    fixture.time.pass(500);
    await idle.ended();
    expect(busy.hasEnded).toBe(false);
    fixture.server.leave();
    for (const { exchange } of fixture.requests) exchange.respond(200, '', 'done');
    for (const client of [busy, late]) {
      await client.ended();
      expect(client.responses).toMatchObject([{ status: 200, body: 'done' }]);
      expect(client.responses[0]?.head).toContain('connection: close');
    }
    expect(fixture.server.busy).toBe(0);
    const refused = fixture.client();
    await until(() => refused.isClosed);
  });
});

describe('relief', () => {
  it('ends connections with their answers, or takes no new ones, until it is over', async () => {
    await using fixture = await serve();
    const client = fixture.client();
    client.send(POST);
    await client.answered();
    fixture.server.relieve({ closing: true, refusing: true });
    await fixture.client().ended();
    client.send(POST);
    await client.ended();
    expect(client.responses.map(({ head }) => head.includes('connection: close'))).toEqual([false, true]);
    fixture.server.relieve({ closing: false, refusing: false });
    const again = fixture.client();
    again.send(POST + POST);
    await again.answered(2);
    expect(again.received).not.toContain('connection: close');
  });
});
