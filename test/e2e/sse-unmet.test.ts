/** A server of the HTTP+SSE transport that asks what the client of its only call did not declare, and then fails the call in its own way. */
import { expect, it } from 'vitest';
import { startGateway } from '../fixtures/gateway.ts';
import { SseUpstream } from '../fixtures/sse-upstream.ts';
import { parsed, statelessCall } from './client.ts';

const FAILED = '"result":{"content":[{"type":"text","text":"No"}],"isError":true}';
const REFUSED = '"error":{"code":-32603,"message":"No"}';

it.each([
  ['a result of its own', {}, FAILED],
  ['an error of its own', {}, REFUSED],
  ['a result of its own, where each caller has a stream', { roots: 'relay' }, FAILED],
])('the client hears what it lacks, where the server ends the call with %s', async (_, settings, end) => {
  await using upstream = await SseUpstream.start();
  await using gateway = await startGateway({ servers: { asking: { url: upstream.url, ...settings } } });
  upstream.call = (stream, id) =>
    stream.say(
      `{"jsonrpc":"2.0","id":"of ${id}","method":"sampling/createMessage","params":{"messages":[],"maxTokens":9}}`,
    );
  upstream.takes = ({ id, url, method }, response) => {
    if (method !== '' || !id.startsWith('"of ')) return false;
    response.writeHead(202).end();
    upstream.streams[Number(url.split('=')[1])]?.say(`{"jsonrpc":"2.0","id":${id.slice(4, -1)},${end}}`);
    return true;
  };
  const answered = await statelessCall(`${gateway.url}/servers/asking/mcp`, 'echo');
  expect(answered.status).toBe(400);
  expect(parsed(answered).error).toMatchObject({ code: -32_021, data: { requiredCapabilities: { sampling: {} } } });
});
