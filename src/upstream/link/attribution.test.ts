/** Whose a question is that a child asks: that of the only request which can have caused it, and nobody's otherwise. */
import { describe, expect, it } from 'vitest';
import { silentLog } from '../../../test/fakes/call.ts';
import { FakeTime } from '../../../test/fakes/time.ts';
import { Abort } from '../../kernel/abort.ts';
import { Fault } from '../../kernel/fault.ts';
import { Skim } from '../../kernel/skim/skim.ts';
import type { Child } from './process.ts';
import { StdioLink } from './stdio.ts';
import type { Turn } from './turns.ts';

const skim = new Skim();

/** A link to a child that says what a test wants; what it was told is in `written`. */
function house(habits = { asks: false }, anyones?: string) {
  const time = new FakeTime();
  const written: { id?: number | string; method?: string; error?: { code: number; message: string } }[] = [];
  const unowned: string[] = [];
  const link = new StdioLink({
    lineBytes: 1000,
    jsonDepth: 10,
    skim,
    name: 'x',
    log: silentLog,
    time,
    firstByteTimeoutMs: 60_000,
    idleTimeoutMs: 60_000,
    heard: ({ method }) => void unowned.push(method),
    questions: { habits, waiting: 100, asks: (method) => method !== 'ping', anyones },
  });
  const write = (parts: readonly (string | Uint8Array)[]): boolean => {
    written.push(JSON.parse(parts.map((part) => Buffer.from(part).toString()).join('')) as (typeof written)[number]);
    return true;
  };
  link.attach({ unread: 0, write, kill: () => undefined } as unknown as Child);
  const call = (share: string, turn: Turn | undefined) => {
    const abort = new Abort();
    const heard: string[] = [];
    const at = { outcome: 'waits', pressed: 0 };
    const pressed = (): number => (at.pressed += 1);
    const hears = { heard: ({ id }: { readonly id: string | undefined }) => void heard.push(String(id)) };
    const asked = { method: 'tools/call', params: () => [`{"of":"${share}"}`], headers: '', abort, owner: share };
    link.request({ ...asked, ...hears, pressed, turn, share }).then(
      () => (at.outcome = 'answered'),
      (fault: Fault) => (at.outcome = fault.kind),
    );
    return { abort, heard, at };
  };
  const says = async (message: object): Promise<void> => {
    link.output(Buffer.from(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`));
    await settled();
  };
  const ask = (id: number, method = 'elicitation/create'): Promise<void> => says({ id, method, params: {} });
  const answer = async (id: number): Promise<void> => {
    link.notify(`{"jsonrpc":"2.0","id":${id},"result":{"roots":[]}}`);
    await settled();
    time.pass(50);
    await settled();
  };
  return { time, link, written, unowned, habits, call, says, ask, answer };
}

/** What was decided has been told. */
const settled = (): Promise<void> => new Promise((done) => setImmediate(done));

const REFUSED = { jsonrpc: '2.0', id: 9, error: { code: -32_603, message: 'No associated client request.' } };

describe('a question of a child', () => {
  it('belongs to the only call', async () => {
    const { call, ask, habits } = house();
    const one = call('a', 'alone');
    await ask(9);
    expect([one.heard, habits.asks]).toEqual([['9'], true]);
  });

  it('is told to the only call also where its client can answer nothing, so that it can say what is missing', async () => {
    const { call, ask } = house();
    const one = call('a', 'together');
    await ask(9);
    expect(one.heard).toEqual(['9']);
  });

  it.each([
    ['two calls are there', 'alone'],
    ['a call is there whose client could not answer it', 'together'],
  ] as const)('is refused where %s beside it', async (_, turn) => {
    const { call, ask, written } = house();
    const own = call('a', 'alone');
    const other = call('b', turn);
    await ask(9);
    expect([own.heard, other.heard, written.at(-1)]).toEqual([[], [], REFUSED]);
  });

  it('is refused where there is no call at all: what the gateway asks by itself is none', async () => {
    const { call, ask, written } = house();
    const listed = call('gateway', undefined);
    await ask(9);
    expect([listed.heard, written.at(-1)]).toEqual([[], REFUSED]);
  });

  it('is not taken for that of the next caller after a call was given up', async () => {
    const { call, ask, written, time } = house();
    const gone = call('a', 'alone');
    gone.abort.now(new Fault('cancelled', 'Gone.'));
    const next = call('b', 'alone');
    await ask(9);
    expect([next.heard, written.at(-1)]).toEqual([[], REFUSED]);
    time.pass(1000);
    await ask(10);
    expect(next.heard).toEqual(['10']);
  });

  it('is heard like any other message where it is none to a client', async () => {
    const { call, ask, unowned } = house();
    const one = call('a', 'alone');
    await ask(9, 'ping');
    expect([one.heard, unowned]).toEqual([[], ['ping']]);
  });
});

describe('a child that has asked once', () => {
  it('is called by one after the other of those who can be asked, and each is asked its own', async () => {
    const { call, ask, says, written } = house({ asks: true });
    const first = call('a', 'alone');
    const second = call('b', 'alone');
    expect(written.map(({ method }) => method)).toEqual(['tools/call']);
    await ask(9);
    await says({ id: written[0]?.id, result: {} });
    await ask(10);
    await says({ id: written[1]?.id, result: {} });
    expect([first.heard, second.heard]).toEqual([['9'], ['10']]);
    expect([first.at.outcome, second.at.outcome]).toEqual(['answered', 'answered']);
  });

  it('has whoever is being served told that others wait, also those who were let in since', async () => {
    const { call, says, written } = house({ asks: true });
    const first = call('a', 'alone');
    const second = call('b', 'alone');
    expect([first.at.pressed, second.at.pressed]).toEqual([1, 0]);
    await says({ id: written[0]?.id, result: {} });
    expect(second.at.pressed).toBe(0);
    call('c', 'together');
    expect(second.at.pressed).toBe(1);
  });

  it('has whoever is let in told of those who wait still', async () => {
    const { call, says, written } = house({ asks: true });
    call('a', 'alone');
    const second = call('b', 'alone');
    call('c', 'alone');
    await says({ id: written[0]?.id, result: {} });
    expect(second.at.pressed).toBe(1);
  });

  it('is asked for its lists all the while', () => {
    const { call, written } = house({ asks: true });
    call('a', 'alone');
    call('gateway', undefined);
    expect(written).toHaveLength(2);
  });

  it('gets nothing of a call that was given up while it waited', async () => {
    const { call, says, written } = house({ asks: true });
    call('a', 'alone');
    const second = call('b', 'alone');
    second.abort.now(new Fault('timed-out', 'Too late.'));
    await says({ id: written[0]?.id, result: {} });
    expect([second.at.outcome, written.length]).toEqual(['timed-out', 1]);
  });

  it('leaves nobody waiting when it ends', async () => {
    const { call, link } = house({ asks: true });
    const [first, second] = [call('a', 'alone'), call('b', 'alone')];
    link.ended('was ended');
    await settled();
    expect([first.at.outcome, second.at.outcome]).toEqual(['interrupted', 'unavailable']);
  });
});

describe('a question that any call of its caller can carry', () => {
  const roots = 'roots/list';

  it('is answered before the first call is sent', async () => {
    const { call, ask, answer, written } = house(undefined, roots);
    const first = call('a', 'alone');
    await ask(9, roots);
    expect([first.heard, written]).toEqual([['9'], []]);
    await answer(9);
    expect(written.map(({ method }) => method)).toEqual([undefined, 'tools/call']);
  });

  it('is not waited for where it does not come', async () => {
    const { call, written, time } = house(undefined, roots);
    call('a', 'alone');
    time.pass(250);
    await settled();
    expect(written).toHaveLength(1);
    call('a', 'alone');
    expect(written).toHaveLength(2);
  });

  it('waits for the next call where there is none, and that waits for its answer', async () => {
    const { call, ask, answer, written, says, time } = house(undefined, roots);
    call('a', 'alone');
    time.pass(250);
    await settled();
    await says({ id: written[0]?.id, result: {} });
    await ask(9, roots);
    const next = call('a', 'alone');
    await settled();
    expect([next.heard, written.length]).toEqual([['9'], 1]);
    await ask(10, roots);
    expect(next.heard).toEqual(['9', '10']);
    await answer(9);
    expect(written.map(({ method }) => method)).toEqual(['tools/call', undefined, 'tools/call']);
  });

  it('goes to one of several that run', async () => {
    const { call, ask, time } = house(undefined, roots);
    const both = [call('a', 'alone'), call('a', 'alone')];
    time.pass(250);
    await settled();
    await ask(9, roots);
    expect(both.map(({ heard }) => heard)).toEqual([['9'], []]);
  });

  it('is carried by the next one where the first is over before its answer', async () => {
    const { call, ask, answer, says, written, time } = house(undefined, roots);
    const first = call('a', 'alone');
    time.pass(250);
    await settled();
    await ask(9, roots);
    await says({ id: written[0]?.id, result: {} });
    const next = call('a', 'alone');
    await settled();
    expect([first.heard, next.heard, written.length]).toEqual([['9'], ['9'], 1]);
    await answer(9);
    expect(written.at(-1)?.method).toBe('tools/call');
  });

  it('is asked of the next one where the first is given up before it was sent', async () => {
    const { call, ask, answer, written, time } = house({ asks: true }, roots);
    const first = call('a', 'alone');
    await ask(9, roots);
    await ask(10, roots);
    await answer(10);
    first.abort.now(new Fault('cancelled', 'Gone.'));
    await settled();
    const next = call('a', 'alone');
    await settled();
    expect([first.heard, next.heard, written.length]).toEqual([['9', '10'], ['9'], 1]);
    await answer(9);
    expect(written.at(-1)?.method).toBe('tools/call');
    expect(time.pending).toBe(1); // its own deadline
  });

  it('is not asked again once it has its answer', async () => {
    const { call, ask, answer, says, written, time } = house(undefined, roots);
    call('a', 'alone');
    time.pass(250);
    await settled();
    await ask(9, roots);
    await answer(9);
    await says({ id: written[0]?.id, result: {} });
    const next = call('a', 'alone');
    expect(next.heard).toEqual([]);
  });

  it('costs nobody a turn where its call is given up before the answer', async () => {
    const { call, ask, written } = house({ asks: true }, roots);
    const first = call('a', 'alone');
    await ask(9, roots);
    first.abort.now(new Fault('cancelled', 'Gone.'));
    await settled();
    expect(first.at.outcome).toBe('cancelled');
    call('b', 'together');
    await settled();
    expect(written).toHaveLength(1);
  });

  it('teaches nothing: such a child is called by many at once', async () => {
    const { ask, habits } = house(undefined, roots);
    await ask(9, roots);
    expect(habits.asks).toBe(false);
  });

  it('is refused after a while, and at once where too many wait', async () => {
    const { ask, written, time } = house(undefined, roots);
    for (let id = 1; id <= 9; id += 1) await ask(id, roots);
    expect(written).toEqual([REFUSED]);
    time.pass(60_000);
    expect(written).toHaveLength(9);
  });
});
