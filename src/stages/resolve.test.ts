/** Names that only some clients are shown. */
import { expect, it } from 'vitest';
import { fakeCall, FakeUpstream, silentLog } from '../../test/fakes/call.ts';
import { Catalog } from '../catalog/catalog.ts';
import { Directory } from '../catalog/directory.ts';
import type { Call } from '../core/call.ts';
import type { Profile } from '../core/ports/upstream.ts';
import { systemTime } from '../kernel/time.ts';
import { resolve } from './resolve.ts';

/** Has a prompt and a resource for clients that can answer nothing. */
class Particular extends FakeUpstream {
  override listsVary = true;

  override async profile(): Promise<Profile> {
    const plain = await super.profile();
    return { ...plain, capabilities: { ...plain.capabilities, completions: {} } };
  }

  override listed(key: string, able: string): unknown[] {
    if (able !== '{}') return [];
    return key === 'prompts' ? [{ name: 'p' }] : key === 'resources' ? [{ uri: 'x://1', name: 'r' }] : [];
  }
}

const time = systemTime();
const other = { resources: [{ uri: 'y://1', name: 'r' }] };
const directory = new Directory(
  [new Particular('a', {}), new FakeUpstream('b', other), new FakeUpstream('c', other)].map(
    (upstream) => new Catalog(upstream, { maxEntries: 10, time, log: silentLog, onChange: () => undefined }),
  ),
  { separator: '__', max: 64 },
  silentLog,
);
const session = { key: 's', kind: 'session' as const, share: 's' };
const target = async (call: Call): Promise<Call['target']> => {
  const seen: Call['target'][] = [];
  await resolve(directory)(call, (resolved) => {
    seen.push(resolved.target);
    return Promise.resolve({ kind: 'error', code: 0, json: Buffer.from('{}') });
  });
  return seen[0];
};

it.each([
  ['prompts/get', { name: 'a__p' }, 'p'],
  ['completion/complete', { ref: { type: 'ref/prompt', name: 'a__p' } }, 'p'],
  ['resources/read', { uri: 'x://1' }, 'x://1'],
] as const)(
  '%s finds what a session is shown for what its client can answer, for nobody else',
  async (method, params, name) => {
    expect(await target(fakeCall(method, params, { caller: session }))).toMatchObject({ server: 'a', name });
    await expect(target(fakeCall(method, params))).rejects.toThrow(/^Unknown prompt|^Resource not found/u);
    const able = '{"elicitation":{}}';
    await expect(target(fakeCall(method, params, { caller: session, able }))).rejects.toThrow();
  },
);
