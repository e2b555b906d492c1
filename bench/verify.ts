/** The untimed pass, before and after: a subject that answers 502 quickly, or less than it should, wins every table. */
import { isDeepStrictEqual } from 'node:util';
import { exchange } from './exchange.ts';
import type { Aim } from './subjects/subject.ts';
import { toolCall } from './workloads.ts';

interface Message {
  readonly id?: unknown;
  readonly result?: Readonly<Record<string, unknown>>;
}

/** @throws where an answer is not the stub's, or the arguments that arrive there are not those that were sent. */
export async function verify(aim: Aim, direct: Aim): Promise<void> {
  const { workload } = aim;
  const reference = await ask(direct, { tool: 'echo', id: 1 });
  for (const id of [1, 20, 300]) holds(aim, reference, await ask(aim, { tool: 'echo', id }));
  const mirrored = await ask(aim, { tool: 'mirror', id: 1 });
  holds(aim, { structuredContent: workload.arguments }, mirrored);
}

/** The gateway may add members of its own to a result; it may not lose or change what the stub said. */
function holds(aim: Aim, expected: Readonly<Record<string, unknown>>, seen: Readonly<Record<string, unknown>>): void {
  for (const [member, value] of Object.entries(expected)) {
    if (isDeepStrictEqual(seen[member], value)) continue;
    throw new Error(`${aim.name} changed ${member} of ${aim.workload.name}: ${shown(seen[member])}`);
  }
}

async function ask(
  { name, url, tool, workload }: Aim,
  wanted: { readonly tool: string; readonly id: number },
): Promise<Readonly<Record<string, unknown>>> {
  const called = tool.replace(/echo$/, wanted.tool);
  const { status, text, message } = await exchange(url, toolCall(called, wanted.id, workload.arguments));
  const { id, result } = (message ?? {}) as Message;
  if (status !== 200 || id !== wanted.id || result === undefined || result['isError'] === true)
    throw new Error(`${name} answered HTTP ${status} at ${url}: ${shown(text)}`);
  return result;
}

function shown(value: unknown): string {
  return (typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing')).slice(0, 300);
}
