/** The life of one server, however it is reached: lost and back, with what it worked on and what was watched. */
import { describe, expect, it } from 'vitest';
import { fakeCall, silentLog } from '../../../test/fakes/call.ts';
import { FakeTime } from '../../../test/fakes/time.ts';
import type { ResourceSubscription } from '../../core/ports/upstream.ts';
import type { Outcome } from '../../core/outcome.ts';
import { Payload } from '../../core/payload.ts';
import { Fault } from '../../kernel/fault.ts';
import type { ConnectionEvents } from './connection.ts';
import { heldAs, Parking } from './parking.ts';
import { McpServer, type Opened } from './server.ts';

const done: Outcome = { kind: 'result', payload: Payload.ofResult('{}') };
const caller = { key: 'c', kind: 'anonymous' as const, share: 'c' };

/** A server whose connections are made by hand. */
function house(open?: () => Promise<void>) {
  const time = new FakeTime();
  const made: {
    events: ConnectionEvents;
    calls: PromiseWithResolvers<Outcome>[];
    watched: ResourceSubscription[];
    closed: number;
    confirms: boolean;
  }[] = [];
  const bounds = { parked: 10, parkedPerCaller: 10 };
  const parking = new Parking({ time, bounds, counts: { parked: 0, legs: 0 } });
  const environment = { time, log: silentLog, parking } as unknown as ConstructorParameters<typeof McpServer>[2];
  const server = new McpServer(
    'x',
    async (events): Promise<Opened> => {
      await open?.();
      const one: (typeof made)[number] = { events, calls: [], watched: [], closed: 0, confirms: true };
      made.push(one);
      return {
        connection: {
          revision: 'r',
          profile: () => ({ capabilities: {}, serverInfo: {}, instructions: undefined, live: true, listsVary: false }),
          serve: () => {
            const call = Promise.withResolvers<Outcome>();
            one.calls.push(call);
            return call.promise;
          },
          subscribe: (subscription) => {
            one.watched.push(subscription);
            return Promise.resolve(() => void one.watched.splice(one.watched.indexOf(subscription), 1));
          },
          close: () => (one.closed += 1),
        },
        close: () => Promise.resolve(),
        confirm: () => Promise.resolve(one.confirms),
      };
    },
    environment,
  );
  server.start();
  return { server, made, time, parking };
}

const state = (server: McpServer): string => server.status().state;

describe('a server', () => {
  it('that cannot be reached for a new call still answers those that it works on', async () => {
    const { server, made } = house();
    await server.profile();
    const first = server.serve(fakeCall('tools/call'));
    const second = server.serve(fakeCall('tools/call'));
    made[0]?.calls[1]?.reject(new Fault('unreachable', 'no'));
    await expect(second).rejects.toMatchObject({ kind: 'unreachable' });
    expect([state(server), made[0]?.closed]).toEqual(['unavailable', 0]);
    made[0]?.calls[0]?.resolve(done);
    expect(await first).toBe(done);
    await expect.poll(() => made[0]?.closed).toBe(1);
  });

  it('that cannot be reached for a new call still answers those that wait for their clients', async () => {
    const { server, made, parking } = house();
    await server.profile();
    const leg = { id: 'l', owner: 'c', resume: () => Promise.resolve(done) };
    parking.enter(leg);
    const first = server.serve(fakeCall('tools/call'));
    made[0]?.calls[0]?.resolve({ kind: 'input-required', payload: Payload.ofResult('{}'), held: heldAs(leg, 1) });
    await first;
    made[0]?.events.lost('cannot be reached');
    expect([state(server), made[0]?.closed]).toEqual(['unavailable', 0]);
    parking.leave(leg);
    parking.ended({ ...leg, release: () => undefined }, 0);
    expect(made[0]?.closed).toBe(1);
  });

  it('that is closed lets go of a connection that it had given up, whatever it still works on', async () => {
    const { server, made } = house();
    await server.profile();
    const waiting = server.serve(fakeCall('tools/call'));
    made[0]?.events.lost('ended');
    expect(made[0]?.closed).toBe(0);
    await Promise.all([server.close(), server.close()]);
    expect(made[0]?.closed).toBe(1);
    made[0]?.calls[0]?.resolve(done);
    expect(await waiting).toBe(done);
    expect(made[0]?.closed).toBe(1);
  });

  it('comes back by itself, later each time', async () => {
    let fails = 2;
    const { server, time } = house(() =>
      fails-- > 0 ? Promise.reject(new Fault('unavailable', 'not yet')) : Promise.resolve(),
    );
    await expect.poll(() => state(server)).toBe('unavailable');
    await expect(server.serve(fakeCall('tools/call'))).rejects.toMatchObject({
      kind: 'unavailable',
      retryAfterMs: 500,
      delivered: 'no',
    });
    time.pass(500);
    await expect.poll(() => state(server)).toBe('unavailable');
    time.pass(999);
    expect(state(server)).toBe('unavailable');
    time.pass(1);
    await expect.poll(() => state(server)).toBe('ready');
  });

  it('that is tried again says for operators why it went', async () => {
    const tries = [Promise.resolve(), new Promise<void>(() => {})];
    const { server, made, time } = house(() => tries.shift() ?? Promise.resolve());
    await server.profile();
    made[0]?.events.lost('ended with exit code 7');
    expect(server.status()).toMatchObject({ state: 'unavailable', reason: 'It ended with exit code 7.' });
    time.pass(500);
    expect(server.status()).toMatchObject({ state: 'starting', reason: 'It ended with exit code 7.' });
  });

  it('that is back is asked again for what was watched, and whoever watches hears of it', async () => {
    const { server, made, time } = house();
    const heard: string[] = [];
    const stop = await server.subscribe({ caller, uri: 'u', updated: (uri) => heard.push(uri) });
    const other = await server.subscribe({ caller, uri: 'gone', updated: () => undefined });
    other();
    made[0]?.events.lost('ended');
    time.pass(500);
    await expect.poll(() => made[1]?.watched.map(({ uri }) => uri)).toEqual(['u']);
    expect(heard).toEqual(['u']);
    stop();
    expect(made[1]?.watched).toEqual([]);
  });

  it('is asked anew what it speaks when it is doubted, beside its calls, and lost only if that has changed', async () => {
    const { server, made } = house();
    await server.profile();
    made[0]?.events.doubted();
    await Promise.resolve();
    expect(state(server)).toBe('ready');
    await new Promise((resolve) => setImmediate(resolve));
    if (made[0]) made[0].confirms = false;
    made[0]?.events.doubted();
    await expect.poll(() => state(server)).toBe('unavailable');
  });

  it('that is closed stays closed', async () => {
    const { server, made, time } = house();
    await server.profile();
    await server.close();
    made[0]?.events.lost('ended');
    time.pass(60_000);
    expect([state(server), made.length, made[0]?.closed]).toEqual(['unavailable', 1, 1]);
    await expect(server.serve(fakeCall('tools/call'))).rejects.toMatchObject({ kind: 'unavailable' });
  });
});
