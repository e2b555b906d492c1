/** Whose calls share a session with a server, and when one is let go. */
import { describe, expect, it } from 'vitest';
import { fakeCall } from '../../../test/fakes/call.ts';
import { FakeTime } from '../../../test/fakes/time.ts';
import type { Caller } from '../../core/caller.ts';
import type { Outcome } from '../../core/outcome.ts';
import { Payload } from '../../core/payload.ts';
import { Abort } from '../../kernel/abort.ts';
import { Fault } from '../../kernel/fault.ts';
import { Sessions, type SessionsOptions } from './sessions.ts';
import type { UpstreamSession } from './session.ts';

const FORMS = '{"elicitation":{}}';
const FOLDERS = '{"roots":{}}';
const anonymous: Caller = { key: 'anonymous', kind: 'anonymous', share: 'a' };

const DONE: Outcome = { kind: 'result', payload: Payload.ofResult('{}') };

/** Sessions that are open once they have been made and rest until a test says otherwise. */
function house(affinity: SessionsOptions['affinity'] = 'caller', max = 100, outcome: Outcome = DONE) {
  const time = new FakeTime();
  const made: { offered: string; isOpen: boolean; restsSinceMs: number | undefined }[] = [];
  const make: SessionsOptions['make'] = ({ offered }) => {
    const close = (): void => void (one.isOpen = false);
    const serve = () => Promise.resolve(outcome);
    const one = {
      offered,
      isOpen: true,
      restsSinceMs: time.elapsed() as number | undefined,
      close,
      retire: close,
      serve,
    };
    made.push(one);
    return one as unknown as UpstreamSession;
  };
  const counts = {
    get sessions() {
      return made.filter(({ isOpen }) => isOpen).length;
    },
  };
  const bounds = { sessions: max, sessionIdleMs: 60_000 };
  const sessions = new Sessions({ affinity, time, bounds, counts, make });
  return { sessions, made, time, open: () => made.map(({ isOpen }) => isOpen) };
}

function client(key: string): Caller & { readonly ended: Abort } {
  return { key, kind: 'session', share: key, ended: new Abort() };
}

describe('the sessions with a server', () => {
  it('are one for each caller and profile', () => {
    const { sessions, made } = house();
    const [one, other] = [client('1'), client('2')];
    expect(sessions.of(one, FORMS)).toBe(sessions.of(one, FORMS));
    expect(sessions.of(one, FORMS)).not.toBe(sessions.of(one, '{}'));
    expect(sessions.of(one, FORMS)).not.toBe(sessions.of(other, FORMS));
    expect(made.map(({ offered }) => offered)).toEqual([FORMS, '{}', FORMS]);
  });

  it('are shared where that was asked for, but never those that are told whose folders are whose', () => {
    const { sessions } = house('shared');
    const [one, other] = [client('1'), client('2')];
    expect(sessions.of(one, FORMS)).toBe(sessions.of(other, FORMS));
    expect(sessions.of(one, FOLDERS)).not.toBe(sessions.of(other, FOLDERS));
  });

  it('end with their caller, at once where it has ended already', () => {
    const { sessions, open } = house();
    const [one, gone] = [client('1'), client('2')];
    sessions.of(one, FORMS);
    sessions.of(one, '{}');
    one.ended.now(new Fault('cancelled', 'gone'));
    gone.ended.now(new Fault('cancelled', 'gone'));
    sessions.of(gone, FORMS);
    expect(open()).toEqual([false, false, false]);
  });

  it('end after a long rest, unless they end with their caller', () => {
    const { sessions, made, time, open } = house();
    sessions.of(anonymous, FORMS);
    sessions.of(anonymous, '{}');
    sessions.of(client('1'), FORMS);
    const [, busy] = made;
    if (busy) busy.restsSinceMs = undefined;
    time.pass(59_000);
    expect(open()).toEqual([true, true, true]);
    time.pass(31_000);
    expect(open()).toEqual([false, true, true]);
    expect(sessions.of(anonymous, FORMS)).not.toBe(made[0]);
  });

  it('look for none that rest once there are none', () => {
    const { sessions, time } = house();
    sessions.of(anonymous, FORMS);
    time.pass(200_000);
    expect(time.pending).toBe(0);
  });

  it('make room for another: the one that has rested longest goes, and first of callers that do not end', () => {
    const { sessions, time, open } = house('caller', 3);
    sessions.of(client('1'), FORMS);
    time.pass(10);
    sessions.of(anonymous, FORMS);
    time.pass(10);
    sessions.of(anonymous, '{}');
    sessions.of(client('2'), FORMS);
    expect(open()).toEqual([true, false, true, true]);
  });

  it('never make room of one that is in use', () => {
    const { sessions, made, open } = house('caller', 1);
    sessions.of(anonymous, FORMS);
    for (const one of made) one.restsSinceMs = undefined;
    sessions.of(client('2'), FORMS);
    expect(open()).toEqual([true, true]);
  });

  it('that one caller may name are bounded', async () => {
    const { sessions, open } = house('handle');
    for (let i = 0; i < 70; i += 1) await sessions.serve(fakeCall('tools/call', {}, { caller: anonymous }), FORMS);
    expect(open().filter(Boolean)).toHaveLength(64);
  });

  it('are let go of where their handle was told to nobody', async () => {
    const refused = house('handle', 100, { kind: 'error', code: -32_602, json: Buffer.from('{}') });
    await refused.sessions.serve(fakeCall('tools/call'), FORMS);
    const told = house('handle');
    await told.sessions.serve(fakeCall('tools/call'), FORMS);
    expect([refused.open(), told.open()]).toEqual([[false], [true]]);
  });

  it('are none any more once they were closed: nothing is left, and nothing begun', async () => {
    const { sessions, made, time } = house();
    sessions.of(anonymous, FORMS);
    sessions.close();
    expect(() => sessions.some(anonymous)).toThrow(Fault);
    await expect(sessions.serve(fakeCall('tools/call'), FORMS)).rejects.toMatchObject({ delivered: 'no' });
    expect([made.length, time.pending]).toEqual([1, 0]);
  });
});
