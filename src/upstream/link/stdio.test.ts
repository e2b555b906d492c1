/** Whose a log message on a pipe is: nobody's, unless only one caller can have caused it. */
import { describe, expect, it } from 'vitest';
import { silentLog } from '../../../test/fakes/call.ts';
import { FakeTime } from '../../../test/fakes/time.ts';
import { Abort } from '../../kernel/abort.ts';
import { Fault } from '../../kernel/fault.ts';
import { Skim } from '../../kernel/skim/skim.ts';
import type { Ask } from './link.ts';
import type { Child } from './process.ts';
import { StdioLink } from './stdio.ts';

const skim = new Skim();
const LOG = '{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":"x"}}\n';

/** A link to a child that takes everything and says what a test wants. */
function house() {
  const time = new FakeTime();
  const times = { time, firstByteTimeoutMs: 60_000, idleTimeoutMs: 60_000 };
  const unowned: string[] = [];
  const heard = (message: { readonly method: string }): void => void unowned.push(message.method);
  const link = new StdioLink({ lineBytes: 1000, jsonDepth: 10, skim, name: 'x', log: silentLog, heard, ...times });
  link.attach({ unread: 0, write: () => true, kill: () => undefined } as unknown as Child);
  let ids = 0;
  const ask = (owner: string | undefined, until: Ask['logs']) => {
    const logs: string[] = [];
    const abort = new Abort();
    const id = (ids += 1);
    const params = (): readonly string[] => ['{}'];
    const hears = { logs: until, heard: ({ method }: { readonly method: string }) => void logs.push(method) };
    const whose = owner === undefined ? {} : { owner };
    link.request({ method: 'tools/call', params, headers: '', abort, ...whose, ...hears }).catch(() => undefined);
    return {
      logs,
      answer: () => link.output(Buffer.from(`{"jsonrpc":"2.0","id":${id},"result":{}}\n`)),
      giveUp: () => abort.now(new Fault('cancelled', 'Gone.')),
    };
  };
  const log = (): void => link.output(Buffer.from(LOG));
  return { time, log, ask, unowned };
}

describe.each(['until-answered', 'later-too'] as const)('a log message on a pipe of a server that logs %s', (until) => {
  it('belongs to the only request', () => {
    const { log, ask } = house();
    const { logs } = ask('a', until);
    log();
    expect(logs).toHaveLength(1);
  });

  it('belongs to nobody where it can be about either of two', () => {
    const { log, ask, unowned } = house();
    const both = [ask('a', until), ask('b', until)];
    log();
    expect([both.flatMap(({ logs }) => logs), unowned.length]).toEqual([[], 1]);
  });

  it('belongs to the only request beside those that nothing is logged about, or that are the gateway’s own', () => {
    const { log, ask } = house();
    const own = ask(undefined, undefined);
    ask('other', undefined).answer();
    const silent = ask('other', undefined);
    const { logs } = ask('a', until);
    log();
    expect([logs.length, own.logs.length, silent.logs.length]).toEqual([1, 0, 0]);
  });

  it('belongs to nobody for a while after a request of somebody else was given up', () => {
    const { log, ask, time } = house();
    ask('other', until).giveUp();
    const { logs } = ask('own', until);
    log();
    expect(logs).toEqual([]);
    time.pass(1001);
    log();
    expect(logs).toHaveLength(1);
  });

  it('belongs to a caller who has asked alone all the time', () => {
    const { log, ask } = house();
    ask('own', until).answer();
    ask('own', until).giveUp();
    const { logs } = ask('own', until);
    log();
    expect(logs).toHaveLength(1);
  });
});

describe('a log message on a pipe, right after a request of somebody else was answered', () => {
  it('belongs to nobody for a while where a server may log late, also where one of the same caller ended later', () => {
    const { log, ask, time, unowned } = house();
    ask('other', 'later-too').answer();
    ask('own', 'later-too').answer();
    const { logs } = ask('own', 'later-too');
    log();
    expect([logs.length, unowned.length]).toEqual([0, 1]);
    time.pass(1001);
    log();
    expect(logs).toHaveLength(1);
  });

  it('belongs to nobody for a while where that request was the gateway’s for some caller', () => {
    const { log, ask } = house();
    ask(undefined, 'later-too').answer();
    const { logs } = ask('own', 'later-too');
    log();
    expect(logs).toEqual([]);
  });

  it('belongs to the only request at once where nothing may be logged after an answer', () => {
    const { log, ask } = house();
    ask('other', 'until-answered').answer();
    const { logs } = ask('own', 'until-answered');
    log();
    expect(logs).toHaveLength(1);
  });
});
