/** One measurement each: the fixture alone, the fixture behind a gateway, and the gateway as the client of the suite's own servers. */
import { join } from 'node:path';
import { Child } from '../fixtures/child.ts';
import { startGateway } from '../fixtures/gateway.ts';
import type { Cell, Pair, Revision } from './expectations.ts';
import { statelessClient } from './plain-client.ts';
import { clientScenarios, runClientScenario, runSuite } from './suite.ts';
import type { Score } from './suite.ts';
import { inTurns } from './turns.ts';

/** Each has a gateway of its own. */
const SCENARIOS_AT_ONCE = 2;

const fixture = join(import.meta.dirname, '../fixtures/conformance/main.ts');
const driver = join(import.meta.dirname, 'client-driver.ts');

export interface Driven extends Score {
  readonly scenarios: readonly string[];
}

export async function measureDirect(revision: Revision): Promise<Score> {
  await using server = await startFixture(revision);
  return await runSuite(server.url, revision);
}

export async function measureCell({ client, upstream, link }: Cell): Promise<Score> {
  // The scenarios of 2026-07-28 want to be asked for roots; those of 2025-11-25 do not, and run with what is the default.
  const roots = client === '2026-07-28' ? { roots: 'relay' } : {};
  if (link === 'stdio') {
    const args = [fixture, '--stdio', '--revision', upstream];
    // Each scenario comes with a session of its own, one right after the other. What a shared child of 2025-11-25 logs then could still be about the
    // last one's call, since nothing says that it must not be late.
    const own = client === '2025-11-25' && upstream === '2025-11-25' ? { process: 'per-caller' } : {};
    // The suite leaves questions unanswered, and a child that has asked is called by one after the other.
    const bounds = { parkedTimeout: '2s' };
    const server = { command: process.execPath, args, protocol: upstream, ...roots, ...own };
    return await throughGateway(server, client, { bounds });
  }
  await using server = await startFixture(upstream);
  return await throughGateway({ url: server.url, protocol: upstream, ...roots }, client);
}

export async function measureDriven({ client, suite }: Pair): Promise<Driven> {
  const scenarios = await clientScenarios(suite);
  const command = `${process.execPath} ${driver} ${client}`;
  const found = await inTurns(scenarios, SCENARIOS_AT_ONCE, (scenario) => runClientScenario(scenario, suite, command));
  const failed = found.filter((finding) => finding !== undefined);
  return { passed: scenarios.length - failed.length, required: scenarios.length, failed, warned: [], scenarios };
}

async function startFixture(revision: Revision): Promise<{ readonly url: string } & AsyncDisposable> {
  const child = new Child([fixture, '--revision', revision]);
  const { url } = JSON.parse(await child.firstLine()) as { url: string };
  return { url, [Symbol.asyncDispose]: () => child[Symbol.asyncDispose]() };
}

async function throughGateway(server: object, client: Revision, more: object = {}): Promise<Score> {
  await using gateway = await startGateway({ servers: { fixture: server }, ...more });
  const url = `${gateway.url}/servers/fixture/mcp`;
  if (client === '2026-07-28' && 'command' in server) await start(url);
  return await runSuite(url, client);
}

/** One scenario waits 600 ms for a call of a client that nobody has seen before, which is short for the start of a process on a busy machine. */
async function start(url: string): Promise<void> {
  await using client = statelessClient(url, () => Promise.reject(new Error('Nothing is asked')), { elicitation: {} });
  await client.request('tools/call', { name: 'test_simple_text', arguments: {} });
}
