/** `gatehouse import`: the configuration on stdout, so that it can be saved; on stderr what its owner has to know and to do. */
import { importClientFile } from '../config/import.ts';
import { tell } from '../config/source.ts';
import type { Console } from './console.ts';

export async function importFile(file: string, console: Console): Promise<number> {
  const { yaml, variables, notes, problems } = await importClientFile(file);
  if (yaml !== undefined) console.print(yaml.trimEnd());
  for (const note of notes) console.error(`${file}: ${note}`);
  for (const problem of problems) console.error(tell(problem));
  if (yaml !== undefined && variables.length > 0)
    console.error(`set before \`gatehouse check\` and \`gatehouse up\`: ${variables.join(', ')}`);
  return problems.length === 0 ? 0 : 1;
}
