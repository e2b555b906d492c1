/** When the stream of a session is opened again, and when its server is taken to have forgotten the session. */
import { describe, expect, it } from 'vitest';
import { FakeTime } from '../../../test/fakes/time.ts';
import type { EventStream, HttpLink } from '../link/http.ts';
import type { Environment } from './environment.ts';
import { SessionStream } from './session-stream.ts';

/** A server that answers each GET with the next of these: opened first where it is 200. */
function streamOf(...statuses: readonly number[]) {
  const time = new FakeTime();
  const left = [...statuses];
  const heard = { asked: 0, gone: 0 };
  const events = ({ opened }: EventStream): Promise<{ status: number }> => {
    heard.asked += 1;
    const status = left.shift() ?? 405;
    if (status === 200) opened();
    return Promise.resolve({ status });
  };
  const stream = new SessionStream({
    link: { events } as unknown as HttpLink,
    headers: '',
    environment: { time } as unknown as Environment,
    heard: () => undefined,
    reopened: () => undefined,
    gone: () => (heard.gone += 1),
  });
  return { stream, heard, time };
}

/** Lets what was answered be acted on. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('the stream of a session', () => {
  it('is none where the first GET finds nothing, and the session goes on', async () => {
    const { heard, time } = streamOf(404);
    await settled();
    time.pass(120_000);
    await settled();
    expect(heard).toEqual({ asked: 1, gone: 0 });
  });

  it('tells that the session is gone where the server had it open and no longer knows it', async () => {
    const { heard, time } = streamOf(200, 404);
    await settled();
    time.pass(1000);
    await settled();
    expect(heard).toEqual({ asked: 2, gone: 1 });
  });
});
