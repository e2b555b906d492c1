/**
 * `npm run soak -- NAME [--small] [--json] [--seed N] [--from ROUND] [--part PART]`: the long versions of the failure tests, through a gateway that
 * is known from outside only. Exit 0 only if all holds; what a failed run wrote stays where it says.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { exitOnSignals } from '../fixtures/child.ts';
import { faults } from './faults.ts';
import { isolation } from './isolation.ts';
import { parked } from './parked.ts';
import { reload } from './reload.ts';
import { replay } from './replay.ts';
import type { Options, Report } from './soak.ts';
import { upstreamFaults } from './upstream-faults.ts';

type Soak = (options: Options, folder: string) => Promise<Report>;

const soaks: Readonly<Record<string, Soak>> = {
  isolation,
  'upstream-faults': upstreamFaults,
  reload,
  faults,
  replay,
  parked,
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    small: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    seed: { type: 'string', default: '1' },
    from: { type: 'string', default: '0' },
    part: { type: 'string' },
  },
});
const [name = ''] = positionals;
const soak = Object.hasOwn(soaks, name) ? soaks[name] : undefined;
if (!soak || positionals.length > 1 || ![values.seed, values.from].every((number) => /^\d{1,9}$/.test(number))) {
  console.error(
    `npm run soak -- ${Object.keys(soaks).join('|')} [--small] [--json] [--seed N] [--from ROUND] [--part PART]`,
  );
  process.exit(2);
}

exitOnSignals();
const folder = await mkdtemp(join(tmpdir(), `soak-${name}-`));
const { seed, from, small } = { seed: Number(values.seed), from: Number(values.from), small: values.small };
let holds = false;
try {
  const { figures, findings } = await soak(
    { small, seed, from, part: values.part, tell: (line) => console.log(line) },
    folder,
  );
  holds = findings.count === 0;
  console.log(`${holds ? 'All holds' : `NOT so: ${findings.count} findings`} (soak ${name}, seed ${seed})`);
  if (values.json) console.log(JSON.stringify({ soak: name, small, seed, holds, ...figures, findings: findings.kept }));
} catch (error) {
  console.error(error);
  if (values.json) console.log(JSON.stringify({ soak: name, small, seed, holds, error: String(error) }));
}
if (holds) await rm(folder, { recursive: true, force: true });
else console.error(`What it wrote is in ${folder}`);
process.exit(holds ? 0 : 1);
