/** The official client of the 2025 revisions on a line that is cut: it comes back by itself, and misses nothing. */
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ToolListChangedNotificationSchema } from '@modelcontextprotocol/sdk/types.js';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startGateway, type RunningGateway } from '../fixtures/gateway.ts';
import { HttpFixture } from '../soak/fixture.ts';

/** A wire between client and gateway that can be cut: every connection at once. */
class Wire implements Disposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server) {
    this.#server = server;
  }

  static async to(port: number): Promise<Wire> {
    const server = createServer();
    const wire = new Wire(server);
    server.on('connection', (near) => {
      const far = connect(port, '127.0.0.1');
      for (const [one, other] of [
        [near, far],
        [far, near],
      ] as const) {
        wire.#sockets.add(one);
        one.on('error', () => undefined);
        one.on('close', () => {
          wire.#sockets.delete(one);
          other.destroy();
        });
        one.pipe(other);
      }
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    return wire;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  [Symbol.dispose](): void {
    this.#server.close();
    this.cut();
  }
}

let gateway: RunningGateway;
let fixture: HttpFixture;

beforeAll(async () => {
  fixture = await HttpFixture.started({ name: 'web', revision: '2026-07-28', journal: '/dev/null' });
  gateway = await startGateway({ listen: { hosts: ['127.0.0.1'] }, servers: { web: { url: fixture.url } } });
});

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await fixture[Symbol.asyncDispose]();
});

it('a call is answered and the stream goes on, each message heard once', async () => {
  const port = Number(new URL(gateway.url).port);
  using wire = await Wire.to(port);
  const client = new Client({ name: 'resuming', version: '1.0.0' });
  const transport = new StreamableHTTPClientTransport(new URL(`http://127.0.0.1:${wire.port}/servers/web/mcp`));
  await client.connect(transport);
  let listChanges = 0;
  client.setNotificationHandler(ToolListChangedNotificationSchema, () => {
    listChanges += 1;
  });
  const streams = async (): Promise<string> => await (await fetch(`${gateway.adminUrl}/metrics`)).text();
  await expect.poll(streams).toMatch(/^gatehouse_streams 1$/mu);
  const progress: number[] = [];
  const called = client.callTool({ name: 'recite', arguments: { secret: 's', lines: 100, pauseMs: 30 } }, undefined, {
    onprogress: (one) => progress.push(one.progress),
  });
  await expect.poll(() => progress.length).toBeGreaterThan(3);
  wire.cut();
  expect(progress.length).toBeLessThan(100);
  // While the client is away, something changes.
  const other = new Client({ name: 'other', version: '1.0.0' });
  await other.connect(new StreamableHTTPClientTransport(new URL(`${gateway.url}/servers/web/mcp`)));
  await other.callTool({ name: 'grow', arguments: {} });
  const result = await called;
  expect(result.content).toEqual([{ type: 'text', text: 's ' }]);
  expect(progress).toEqual(Array.from({ length: 100 }, (_, i) => i + 1));
  await expect.poll(() => listChanges).toBe(1);
  await transport.terminateSession();
  await client.close();
  await other.close();
});
