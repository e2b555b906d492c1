/** What is told without being asked for: that a list has changed, and that a resource was updated. */
import type { Fields } from '../../fixtures/conformance/message.ts';
import { facts } from '../cells.ts';
import { holds, same, until } from '../pair.ts';
import type { Pair } from '../pair.ts';
import type { Listed } from '../world.ts';

const listed = ['tools', 'prompts', 'resources'] as const;

/** Each list is said to have changed, and has. */
export async function listChanged(pair: Pair): Promise<void> {
  const heard: string[] = [];
  const stop = await pair.client.watch({ lists: true, uris: [] }, (method) => heard.push(method));
  try {
    for (const kind of listed) await changes(pair, kind, heard);
  } finally {
    for (const kind of pair.world.extra) pair.world.change({ kind });
    await stop();
  }
}

async function changes(pair: Pair, kind: Listed, heard: readonly string[]): Promise<void> {
  const method = `notifications/${kind}/list_changed`;
  const count = (): number => heard.filter((one) => one === method).length;
  const isThere = async (): Promise<boolean> => {
    const entries = await pair.list(`${kind}/list`, kind);
    return entries.some(({ name }) => name === 'extra' || name === pair.named('extra'));
  };
  holds(!(await isThere()), `the extra one of ${kind} is there before`);
  const before = count();
  pair.world.change({ kind });
  await until(() => count() > before, `${method} is heard`);
  await until(isThere, `the extra one of ${kind} is listed after ${method}`);
}

/**
 * Only what is subscribed to, and nothing after its end. It is told once; where a caller has a process or a stream of its own beside everybody's,
 * each of them may tell it.
 */
export async function subscribe(pair: Pair): Promise<void> {
  const [one, other, left] = [pair.uri('text'), pair.uri('other'), pair.uri('blob')];
  const heard: unknown[] = [];
  const hear = (method: string, { uri }: Fields): void => {
    const mine = method === 'notifications/resources/updated' && String(uri).startsWith(pair.uri(''));
    if (mine) heard.push(uri);
  };
  const stopOne = await pair.client.watch({ lists: false, uris: [one] }, hear);
  pair.world.change({ kind: 'resource', uri: other });
  pair.world.change({ kind: 'resource', uri: one });
  await until(() => heard.includes(one), `${one} is heard of`);
  holds(!heard.includes(other), `${other} is heard of, and nobody subscribed to it`);
  await stopOne();
  await (
    await pair.client.watch({ lists: false, uris: [left] }, hear)
  )();
  const stopOther = await pair.client.watch({ lists: false, uris: [other] }, hear);
  pair.world.change({ kind: 'resource', uri: left });
  pair.world.change({ kind: 'resource', uri: other });
  await until(() => heard.includes(other), `${other} is heard of`);
  await stopOther();
  holds(!heard.includes(left), `${left} is heard of after its end`);
  const { revision, transport } = pair.upstream;
  if (transport === 'http' || !facts[revision].sessions) same(heard, [one, other], 'what is heard');
}
