/** Roots of several callers at a server of the HTTP+SSE transport, whose stream is its session: none is told another's. */
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ListRootsRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { expect, it } from 'vitest';
import { until } from '../fakes/wire.ts';
import { startGateway } from '../fixtures/gateway.ts';
import { SseUpstream } from '../fixtures/sse-upstream.ts';

it('a caller whose roots are told has a stream of its own, and nobody else is told them', async () => {
  await using upstream = await SseUpstream.start();
  await using gateway = await startGateway({ servers: { rooted: { url: upstream.url, roots: 'relay' } } });
  upstream.call = (stream, id) => stream.say(`{"jsonrpc":"2.0","id":"of ${id}","method":"roots/list"}`);
  upstream.takes = ({ body, id, url, method }, response) => {
    if (method !== '' || !id.startsWith('"of ')) return false;
    response.writeHead(202).end();
    const uri = /"uri":"([^"]*)"/u.exec(body)?.[1] ?? 'none';
    const stream = upstream.streams[Number(url.split('=')[1])];
    stream?.say(`{"jsonrpc":"2.0","id":${id.slice(4, -1)},"result":{"content":[{"type":"text","text":"${uri}"}]}}`);
    return true;
  };
  const calls = ['ann', 'ben', 'cleo'].map(async (name) => {
    const client = new Client({ name, version: '1.0.0' }, { capabilities: { roots: {} } });
    client.setRequestHandler(ListRootsRequestSchema, () => ({ roots: [{ uri: `file:///home/${name}` }] }));
    const transport = new StreamableHTTPClientTransport(new URL(`${gateway.url}/servers/rooted/mcp`));
    await client.connect(transport);
    const { content } = await client.callTool({ name: 'echo', arguments: {} });
    await transport.terminateSession();
    await client.close();
    return content;
  });
  expect(await Promise.all(calls)).toEqual(
    ['ann', 'ben', 'cleo'].map((name) => [{ type: 'text', text: `file:///home/${name}` }]),
  );
  const greetings = upstream.posted.filter(({ method }) => method === 'initialize');
  expect(greetings.map(({ body }) => body.includes('"roots"'))).toEqual([false, true, true, true]);
  // A caller's stream ends with its session; that which is everybody's stays.
  await until(
    () => upstream.streams.filter(({ response }) => !response.destroyed).length === 1,
    'the end of the others',
  );
  expect(upstream.streams[0]?.response.destroyed).toBe(false);
});
