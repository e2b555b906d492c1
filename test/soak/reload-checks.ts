/** What a swap must leave behind: names that are gone are unknown like any other, and a broken file is told and changes nothing. */
import { Client, describe } from './client.ts';
import type { Revision } from './client.ts';
import type { SoakGateway } from './gateway.ts';
import type { Plan } from './plan.ts';
import { until } from './soak.ts';
import type { Findings } from './soak.ts';

const TOLD_MS = 10_000;
const UNKNOWN = 'never';
const revisions: readonly Revision[] = ['2025-11-25', '2026-07-28'];

interface Gone {
  readonly gateway: SoakGateway;
  readonly findings: Findings;
  readonly name: string;
}

/** Word for word the answer of a name that never was. */
export async function checkUnknown({ gateway, findings, name }: Gone): Promise<void> {
  for (const revision of revisions) {
    const merged = new Client(`${gateway.url}/mcp`, revision, { logs: false });
    await merged.open();
    const answers = [UNKNOWN, name].map((each) => merged.call(`${each}__count`, { key: `gone-${each}` }));
    const [never, gone] = await Promise.all(answers);
    const error = gone?.response?.['error'] as { readonly code?: unknown } | undefined;
    const same = plain(never?.response?.['error'], UNKNOWN) === plain(error, name) && never?.status === gone?.status;
    if (gone && (gone.status !== 200 || error?.code !== -32602 || !same)) {
      findings.add('unknown', `${revision} /mcp ${name}: ${describe(gone)}; ${UNKNOWN}: ${never && describe(never)}`);
    }
    await merged.close();
    await checkRoute({ gateway, findings, name }, revision);
  }
}

async function checkRoute({ gateway, findings, name }: Gone, revision: Revision): Promise<void> {
  const ask = { protocolVersion: revision, capabilities: {}, clientInfo: { name: 'soak', version: '1.0.0' } };
  const asked = [UNKNOWN, name].map((each) => {
    const client = new Client(`${gateway.url}/servers/${each}/mcp`, revision, { logs: false });
    return client.ask(revision === '2025-11-25' ? { method: 'initialize', params: ask } : { method: 'tools/list' });
  });
  const [never, gone] = await Promise.all(asked);
  if (!never || !gone) return;
  const same = plain(never.body, UNKNOWN) === plain(gone.body, name);
  if (gone.status === 404 && never.status === 404 && same) return;
  findings.add('unknown', `${revision} /servers/${name}/mcp: ${describe(gone)}; ${UNKNOWN}: ${describe(never)}`);
}

function plain(value: unknown, name: string): string {
  return JSON.stringify(value ?? '').replaceAll(name, 'NAME');
}

interface Breaking {
  readonly gateway: SoakGateway;
  readonly plan: Plan;
  readonly findings: Findings;
  readonly how: 'in-place' | 'rename';
  readonly variant: number;
}

const HEAD = 'version: 1\nbounds:\n  inFlight: 500\n';
/** `word` is what a person must read to find it, beside the line. */
const breaks = [
  { text: `${HEAD}  serverz: {}\n`, word: 'serverz', line: 4 },
  { text: `${HEAD}  idleTimeout: soon\n`, word: 'idleTimeout', line: 4 },
  { text: '', word: 'empty', line: 1 },
  { text: `${HEAD}  inFlight: 600\n`, word: 'twice', line: 4 },
  { text: HEAD, word: 'no longer there', line: 1 },
] as const;

/** The file is broken: what and where is in the log and in readyz, and what runs goes on running. */
export async function checkBroken({ gateway, plan, findings, how, variant }: Breaking): Promise<void> {
  const { text: broken, word, line } = breaks[variant % breaks.length] ?? breaks[0];
  const logged = gateway.log.length;
  gateway.writeText(broken, how);
  const says = (text: string) =>
    text.includes(word) && text.includes('gatehouse.yaml') && new RegExp(`\\b${line}\\b`).test(text);
  const missing = (where: string, text: string) =>
    findings.add(
      'broken-file',
      `${where} does not say what is wrong in line ${line} of ${JSON.stringify(broken)}: ${text.slice(0, 600)}`,
    );
  await until('readyz says it', TOLD_MS, async () => says((await gateway.ready()).text)).catch(async () =>
    missing('readyz', (await gateway.ready()).text),
  );
  const log = gateway.log.slice(logged);
  if (!says(log)) missing('the log', log);
  const { status, servers } = await gateway.ready();
  const names = servers.map(({ name }) => name);
  if (status !== 200 || names.toSorted().join() !== plan.names.toSorted().join()) {
    findings.add('broken-file', `${JSON.stringify(broken)} changed what runs: ${status} ${names.join()}`);
  }
}

/** A good file has followed: nothing is said any more. */
export async function checkMended({
  gateway,
  findings,
}: {
  readonly gateway: SoakGateway;
  readonly findings: Findings;
}) {
  const silent = async () => !(await gateway.ready()).text.includes('gatehouse.yaml');
  await until('readyz forgets it', TOLD_MS, silent).catch(async () => {
    findings.add('broken-file', `still told after it was mended: ${(await gateway.ready()).text}`);
  });
}
