/** Lines as MCP has them: a line feed ends one, and nothing else does. Node's own reader of lines takes U+2028 for an end as well. */
import type { Readable } from 'node:stream';

export async function* linesOf(stream: Readable): AsyncGenerator<string> {
  let rest = '';
  stream.setEncoding('utf8');
  for await (const chunk of stream as AsyncIterable<string>) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
}
