/** When a server is asked for its list because it has refused a tool. */
import { expect, it } from 'vitest';
import { fakeCall } from '../../../test/fakes/call.ts';
import type { Call } from '../../core/call.ts';
import type { Outcome } from '../../core/outcome.ts';
import { readReply } from '../../protocol/jsonrpc.ts';
import { withReason, type Lister } from './unlisted.ts';

const REFUSED = { kind: 'error', code: -32_602, json: Buffer.from('{}') } satisfies Outcome;

function house(tools: readonly string[]) {
  const asked: string[] = [];
  const result = { tools: tools.map((name) => ({ name })) };
  const { fields } = readReply(Buffer.from(JSON.stringify({ jsonrpc: '2.0', id: 1, result })), 10);
  const lister: Lister = {
    offered: '{}',
    ask: (method) => {
      asked.push(method);
      return Promise.resolve(fields);
    },
  };
  const call = (name: string): Call => ({ ...fakeCall('tools/call'), target: { name, edits: [] } }) as unknown as Call;
  return { asked, refused: (name: string) => withReason(REFUSED, call(name), lister) };
}

it('a tool that is listed was refused for something else, and is not looked for again', async () => {
  const { asked, refused } = house(['echo']);
  for (let times = 0; times < 3; times += 1) expect(await refused('echo')).toBe(REFUSED);
  expect(asked).toEqual(['tools/list']);
});

it('a tool that is not listed is one for clients that can answer more', async () => {
  const { refused } = house(['echo']);
  await expect(refused('ask')).rejects.toMatchObject({ kind: 'capability-missing' });
});
