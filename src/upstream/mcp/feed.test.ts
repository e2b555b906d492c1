/** What becomes of those who wait for a stream that is given up. */
import { describe, expect, it } from 'vitest';
import { FakeTime } from '../../../test/fakes/time.ts';
import type { Environment } from './environment.ts';
import { Feed2026 } from './feed.ts';

describe('a feed', () => {
  it('that is closed keeps nobody waiting for an acknowledgement', async () => {
    const time = new FakeTime();
    const feed = new Feed2026({
      link: { request: () => new Promise<never>(() => undefined) } as never,
      capabilities: {},
      headers: '',
      environment: { time, clientInfo: '{}' } as unknown as Environment,
      events: {} as never,
    });
    const caller = { key: 'c', kind: 'anonymous' as const, share: 'c' };
    const waits = feed.watch({ caller, uri: 'note://x', updated: () => undefined });
    feed.close();
    await expect(waits).rejects.toMatchObject({ kind: 'unavailable' });
    expect(time.pending).toBe(0);
  });
});
