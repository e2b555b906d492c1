/**
 * `npm run soak -- faults [--part PART]`: whatever clients, servers, children and the system do to the gateway hurts nobody but them. Each
 * part stands alone, with a gateway of its own.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { descriptors } from './faults-descriptors.ts';
import { killed } from './faults-killed.ts';
import { slowClients } from './faults-slow-clients.ts';
import { slowReader } from './faults-slow-reader.ts';
import type { Part } from './faults-stage.ts';
import { upstreams } from './faults-upstreams.ts';
import { wildChild } from './faults-wild-child.ts';
import { Findings } from './soak.ts';
import type { Options, Report } from './soak.ts';

const parts: Readonly<Record<string, Part>> = {
  'slow-clients': slowClients,
  'slow-reader': slowReader,
  'wild-child': wildChild,
  killed,
  descriptors,
  upstreams,
};

export async function faults({ small, part, tell }: Options, folder: string): Promise<Report> {
  const findings = new Findings(tell);
  const figures: Record<string, unknown> = {};
  const chosen = Object.entries(parts).filter(([name]) => part === undefined || name === part);
  if (chosen.length === 0) throw new Error(`There is no part ${part}: ${Object.keys(parts).join(', ')}`);
  for (const [name, play] of chosen) {
    tell(`faults: ${name}`);
    const own = join(folder, name);
    await mkdir(own);
    const before = findings.count;
    try {
      figures[name] = await play({ small, findings, tell, folder: own });
    } catch (error) {
      findings.add('broken off', `${name}: ${String(error)}`);
    }
    if (findings.count > before) tell(`  ${name}: ${findings.count - before} findings`);
  }
  return { figures, findings };
}
