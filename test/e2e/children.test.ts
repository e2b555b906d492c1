/** Servers that are child processes: how they are started, what they may do wrong, and that none is left behind. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGateway, type RunningGateway } from '../fixtures/gateway.ts';
import { parsed, statelessCall } from './client.ts';

const script = join(import.meta.dirname, '../fixtures/raw-child.mjs');
const child = (...args: string[]): Record<string, unknown> => ({
  command: process.execPath,
  args: [script, ...args],
  connectTimeout: '3s',
});

let gateway: RunningGateway;
beforeAll(async () => {
  gateway = await startGateway({
    bounds: { lineBytes: '1MiB' },
    servers: {
      plain: { ...child('plain', '; touch x', '$(id)', 'a b'), env: { OWN: 'yes' }, timeout: '2s' },
      noise: child('noise'),
      flood: child('flood'),
      'exit-at-probe': child('exit-at-probe'),
      silent: child('silent'),
      stubborn: child('stubborn'),
    },
  });
}, 60_000);
afterAll(() => gateway[Symbol.asyncDispose]());

async function call(server: string, tool: string, args = '{}'): Promise<string> {
  const { result } = parsed(await statelessCall(`${gateway.url}/servers/${server}/mcp`, tool, `,"arguments":${args}`));
  return (result as { content: { text: string }[] }).content[0]?.text ?? '';
}

const isAlive = (pid: string): boolean =>
  existsSync(`/proc/${pid}`) && !/^State:\s+Z/mu.test(readFileSync(`/proc/${pid}/status`, 'utf8'));

describe('a child', () => {
  it.each(['plain', 'noise', 'flood', 'exit-at-probe', 'silent', 'stubborn'])(
    '"%s" is ready and answers',
    async (server) => {
      expect(await call(server, 'echo', '{"a":1}')).toBe('{"a":1}');
    },
  );

  it('gets each request on one line, whatever line breaks its client put in', async () => {
    const smuggled = '{"jsonrpc":"2.0","id":77,"method":"tools/call","params":{"name":"die"}}';
    const before = await call('plain', 'pid');
    expect(await call('plain', 'echo', `[\n${smuggled}\r\n,\n1]`)).toBe(`[${smuggled},1]`);
    expect(await call('plain', 'pid')).toBe(before);
  });

  it('sees PATH, HOME, TMPDIR, LANG and its own settings, and nothing else of ours', async () => {
    const names = JSON.parse(await call('plain', 'env')) as string[];
    expect(names).toContain('PATH');
    expect(names).toContain('OWN');
    expect(names.filter((name) => !['PATH', 'HOME', 'TMPDIR', 'LANG', 'OWN'].includes(name))).toEqual([]);
  });

  it('gets its arguments verbatim: no shell has seen them', async () => {
    expect(JSON.parse(await call('plain', 'argv'))).toEqual(['plain', '; touch x', '$(id)', 'a b']);
  });

  it('that dies during a call costs that call one error, and is started again', async () => {
    const before = await call('noise', 'pid');
    expect(await call('noise', 'die')).toMatch(/may have run/u);
    await expect.poll(() => call('noise', 'pid'), { timeout: 10_000 }).toMatch(/^\d+$/u);
    expect(await call('noise', 'pid')).not.toBe(before);
    expect(await call('plain', 'echo')).toBe('{}');
  });

  it('that writes a line without end is ended and started again', async () => {
    expect(await call('flood', 'long')).toMatch(/may have run/u);
    await expect.poll(() => call('flood', 'pid'), { timeout: 10_000 }).toMatch(/^\d+$/u);
  });

  it('that does not answer a call in time costs that call one error, and lives on', async () => {
    const before = await call('plain', 'pid');
    expect(await call('plain', 'hang')).toMatch(/did not answer in time.*may have run/u);
    expect(await call('plain', 'pid')).toBe(before);
  });
});

describe('what cannot be started', () => {
  it('is listed with the reason and stops nobody', async () => {
    const servers = {
      missing: { command: 'no-such-command-7351' },
      homeless: { ...child('plain'), cwd: '/no/such/folder' },
      ends: { command: process.execPath, args: ['-e', 'process.exit(7)'] },
      plain: child('plain'),
    };
    await using other = await startGateway({ servers }, { unavailable: ['missing', 'homeless', 'ends'] });
    const told = async (): Promise<Record<string, string>> =>
      Object.fromEntries((await other.servers()).map(({ name, state, reason }) => [name, `${state} ${reason ?? ''}`]));
    // Before it has ended for the first time there is no reason to show.
    await expect.poll(async () => (await told())['ends']).toMatch(/(unavailable|starting).*exit code 7/u);
    const states = await told();
    expect(states['missing']).toMatch(/unavailable.*"no-such-command-7351" was not found/u);
    expect(states['homeless']).toMatch(/folder \(cwd\) does not exist/u);
    const listed = await statelessCall(`${other.url}/mcp`, 'plain__echo', ',"arguments":{}');
    expect(parsed(listed).result).toBeDefined();
    const refused = await statelessCall(`${other.url}/servers/missing/mcp`, 'x');
    expect(refused.body).not.toContain('/');
  });
});

// What is left is read from /proc: these are for Linux.
describe('nobody is left behind', () => {
  it('when the gateway ends', async () => {
    const other = await startGateway({ servers: { stubborn: child('stubborn'), plain: child('plain') } });
    const pids = await Promise.all(
      [
        ['stubborn', 'pid'],
        ['stubborn', 'fork'],
        ['plain', 'pid'],
      ].map(async ([server = '', tool = '']) => {
        const { result } = parsed(await statelessCall(`${other.url}/servers/${server}/mcp`, tool));
        return (result as { content: { text: string }[] }).content[0]?.text ?? '';
      }),
    );
    expect(pids.every(isAlive)).toBe(true);
    await other[Symbol.asyncDispose]();
    await expect.poll(() => pids.filter(isAlive), { timeout: 5000 }).toEqual([]);
  });

  it('when the gateway is killed, not even what a child has forked', async () => {
    const other = await startGateway({ servers: { stubborn: child('stubborn'), plain: child('plain') } });
    const pids = await Promise.all(
      [
        ['stubborn', 'pid'],
        ['stubborn', 'fork'],
        ['plain', 'fork'],
        ['plain', 'pid'],
      ].map(async ([server = '', tool = '']) => {
        const { result } = parsed(await statelessCall(`${other.url}/servers/${server}/mcp`, tool));
        return (result as { content: { text: string }[] }).content[0]?.text ?? '';
      }),
    );
    expect(pids.every(isAlive)).toBe(true);
    other.kill();
    await expect.poll(() => pids.filter(isAlive), { timeout: 5000 }).toEqual([]);
    await other[Symbol.asyncDispose]();
  });
});
