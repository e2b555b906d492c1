/** What ends the children of a gateway that was killed. Its own end is the end of its input, whoever caused it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { afterEach, describe, expect, it } from 'vitest';
import { silentLog } from '../../../test/fakes/call.ts';
import { systemTime } from '../../kernel/time.ts';
import { Guardian } from './process-guardian.ts';

const ENDED_MS = 5_000;
const groups: number[] = [];
afterEach(() => {
  for (const group of groups.splice(0)) if (isAlive(group)) process.kill(-group, 'SIGKILL');
});

/** A process that forks one more in its group; neither takes TERM for an answer. */
async function family(): Promise<{ readonly leader: number; readonly pids: readonly number[] }> {
  const script = `trap '' TERM; sh -c 'trap "" TERM; echo $$; while :; do sleep 60; done' & while :; do sleep 60; done`;
  const shell = spawn('/bin/sh', ['-c', script], { detached: true, stdio: ['ignore', 'pipe', 'ignore'] });
  const leader = shell.pid ?? 0;
  groups.push(leader);
  const [line] = (await once(createInterface({ input: shell.stdout }), 'line')) as [string];
  return { leader, pids: [leader, Number(line)] };
}

function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/mu.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

const guardian = () => new Guardian({ time: systemTime(), log: silentLog });

describe('the guardian', () => {
  it('ends every group that it was told of when its input ends, and then itself', async () => {
    const [one, other] = await Promise.all([family(), family()]);
    const guard = guardian();
    guard.guard(one.leader);
    guard.guard(other.leader);
    const pids = [...one.pids, ...other.pids];
    expect(pids.every(isAlive)).toBe(true);
    const own = guard.pid ?? 0;
    guard.close();
    await expect.poll(() => [...pids, own].filter(isAlive), { timeout: ENDED_MS }).toEqual([]);
  });

  it('leaves those alone that were released', async () => {
    const [kept, ended] = await Promise.all([family(), family()]);
    const guard = guardian();
    guard.guard(kept.leader);
    guard.guard(ended.leader);
    guard.release(kept.leader);
    guard.close();
    await expect.poll(() => ended.pids.filter(isAlive), { timeout: ENDED_MS }).toEqual([]);
    expect(kept.pids.every(isAlive)).toBe(true);
  });

  it('is not there before the first child, and ends at once when there is nobody left', async () => {
    const guard = guardian();
    expect(guard.pid).toBeUndefined();
    guard.guard(99_999_999);
    guard.release(99_999_999);
    const pid = guard.pid ?? 0;
    expect(isAlive(pid)).toBe(true);
    guard.close();
    await expect.poll(() => isAlive(pid), { timeout: 1_000 }).toBe(false);
  });

  it('that is ended is followed by another, which knows the groups', async () => {
    const { leader, pids } = await family();
    const guard = guardian();
    guard.guard(leader);
    const first = guard.pid ?? 0;
    process.kill(first, 'SIGKILL');
    await expect.poll(() => guard.pid ?? first, { timeout: ENDED_MS }).not.toBe(first);
    guard.close();
    await expect.poll(() => pids.filter(isAlive), { timeout: ENDED_MS }).toEqual([]);
  });
});
