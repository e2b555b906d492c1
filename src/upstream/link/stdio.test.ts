/** Whose a log message on a pipe is: nobody's, unless only one caller can have caused it. */
import { describe, expect, it } from 'vitest';
import { silentLog } from '../../../test/fakes/call.ts';
import { FakeTime } from '../../../test/fakes/time.ts';
import { Abort } from '../../kernel/abort.ts';
import { Skim } from '../../kernel/skim/skim.ts';
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
  const ask = (owner: string): { readonly logs: string[]; readonly answer: () => void } => {
    const logs: string[] = [];
    const id = (ids += 1);
    const params = (): readonly string[] => ['{}'];
    const hears = { wantsLogs: true, heard: ({ method }: { readonly method: string }) => void logs.push(method) };
    void link.request({ method: 'tools/call', params, headers: '', abort: new Abort(), owner, ...hears });
    return { logs, answer: () => link.output(Buffer.from(`{"jsonrpc":"2.0","id":${id},"result":{}}\n`)) };
  };
  return { time, link, ask, unowned };
}

describe('a log message on a pipe', () => {
  it('belongs to the only request', () => {
    const { link, ask } = house();
    const { logs } = ask('a');
    link.output(Buffer.from(LOG));
    expect(logs).toHaveLength(1);
  });

  it('belongs to nobody for a while after a request of somebody else has ended, also where one of the same caller ended later', () => {
    const { link, ask, time, unowned } = house();
    ask('other').answer();
    ask('own').answer();
    const { logs } = ask('own');
    link.output(Buffer.from(LOG));
    expect([logs.length, unowned.length]).toEqual([0, 1]);
    time.pass(1001);
    link.output(Buffer.from(LOG));
    expect(logs).toHaveLength(1);
  });

  it('belongs to a caller who has asked alone all the time', () => {
    const { link, ask } = house();
    ask('own').answer();
    ask('own').answer();
    const { logs } = ask('own');
    link.output(Buffer.from(LOG));
    expect(logs).toHaveLength(1);
  });
});
