/**
 * `npm run matrix`: every client edge on every upstream, everything that MCP has between them. `--only TEXT` runs the cells whose names hold
 * the text, `--json` ends with the object, `--write` puts the table into the documents.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { exitOnSignals } from '../fixtures/child.ts';
import { cellName, cells, faces } from './cells.ts';
import { openHouse } from './house.ts';
import { runCells } from './matrix.ts';
import { AT_MOST, notApplicable } from './not-applicable.ts';
import { document, table } from './table.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    json: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    output: { type: 'boolean', default: false },
  },
});

exitOnSignals();
if (values.write) writeFileSync(join(import.meta.dirname, '../../docs/matrix.md'), document());
process.exitCode = await main();

async function main(): Promise<number> {
  const began = performance.now();
  const wanted = cells.filter((cell) => cellName(cell).includes(values.only));
  const edges = faces.filter((face) => wanted.some(({ client }) => client === face));
  await using house = await openHouse(edges);
  const ran = await runCells(house, wanted, ({ cell, reason }) => {
    if (reason !== undefined) console.log(`FAIL ${cellName(cell)}: ${reason}`);
  });
  if (values.output) console.log(house.output());
  const failed = ran.filter(({ reason }) => reason !== undefined).map(({ cell }) => cellName(cell));
  const impossible = notApplicable.filter(({ cell }) => wanted.some((one) => cellName(one) === cell));
  const grown = notApplicable.length > AT_MOST;
  console.log(table(new Set(failed)));
  if (grown) console.log(`FAIL ${notApplicable.length} cells are said to be impossible; there were ${AT_MOST}`);
  const seconds = Math.round((performance.now() - began) / 1000);
  console.log(
    `${wanted.length} cells, ${impossible.length} of them not applicable, ${failed.length} failed (${seconds} s)`,
  );
  const figures = { cells: wanted.length, ran: ran.length - impossible.length, failed, notApplicable: impossible };
  if (values.json) console.log(JSON.stringify(figures));
  return failed.length === 0 && !grown ? 0 : 1;
}
