/** The table of all cells, for people: on the screen with what failed, in the documents as it must be. */
import { cellName, faces, features } from './cells.ts';
import type { Face } from './cells.ts';
import { notApplicable } from './not-applicable.ts';

/** A row a pair; `ok`, `-` where a revision makes it impossible, `FAIL`. */
export function table(failed: ReadonlySet<string>): string {
  const head = ['client', 'upstream', ...features];
  const rows = faces.flatMap((client) =>
    faces.map((upstream) => [client.name, upstream.name, ...marks(client, upstream, failed)]),
  );
  const line = (columns: readonly string[]): string => `| ${columns.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function marks(client: Face, upstream: Face, failed: ReadonlySet<string>): readonly string[] {
  return features.map((feature) => {
    const cell = cellName({ client, upstream, feature });
    if (failed.has(cell)) return 'FAIL';
    return notApplicable.some((one) => one.cell === cell) ? '-' : 'ok';
  });
}

/** `docs/matrix.md`. */
export function document(): string {
  const clauses = [...Map.groupBy(notApplicable, ({ clause }) => clause)].map(
    ([clause, cells]) => `- ${clause} (${cells.length} cells).`,
  );
  return `# Every client, every upstream

What \`npm run matrix\` runs: each row is a client of one revision and transport, the gateway, and an upstream of one revision and transport, over
real sockets and pipes. Every client and every fixture server is strict: it accepts its own revision's messages and nothing of another. A \`-\` is
what a revision itself makes impossible; there the refusal is tested.

${table(new Set())}

Impossible, and why:

${clauses.join('\n')}

The cells are named in \`test/matrix/cells.ts\`, the impossible ones in \`test/matrix/not-applicable.ts\`. This page is written by
\`npm run matrix -- --write\`, and a test compares it.
`;
}
