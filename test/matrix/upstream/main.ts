/** The fixture on stdin and stdout, one message a line: `node main.ts NAME REVISION PORT`, the port being its world's. */
import { read } from '../../fixtures/conformance/message.ts';
import type { Revision } from '../cells.ts';
import { linesOf } from '../lines.ts';
import { joinWorld } from '../world.ts';
import { converse } from './lines.ts';
import { violated } from './strict.ts';

const [name = '', revision = '', port = ''] = process.argv.slice(2);
const board = await joinWorld(name, Number(port));
const conversation = converse(
  board,
  revision as Revision,
  (message) => void process.stdout.write(`${JSON.stringify(message)}\n`),
);

for await (const line of linesOf(process.stdin)) {
  const message = read(JSON.parse(line));
  try {
    if (message) conversation.take(message, line);
    else violated(board, `no message: ${line.slice(0, 80)}`);
  } catch (error) {
    // The world has been told; a process that ended would say less.
    console.error(String(error));
  }
}
conversation.end();
process.exit(0);
