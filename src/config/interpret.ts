/** The second half of every load, whatever the file's shape: an interpolated tree is judged whole and becomes Settings, or problems. */
import { check } from './check.ts';
import { explain } from './explain.ts';
import { notYetInEffect, refuseLater } from './later.ts';
import { schema } from './schema.ts';
import { settingsOf } from './settings.ts';
import type { LoadResult, Problem } from './source.ts';
import { plain } from './tree.ts';
import type { MapTree } from './tree.ts';

/** @param earlier what reading and interpolation found; told together with what is found here. */
export function interpret(tree: MapTree, earlier: readonly Problem[]): LoadResult {
  const warnings = notYetInEffect(tree);
  const problems = [...earlier, ...check(tree), ...refuseLater(tree)];
  const outcome = schema.safeParse(plain(tree));
  if (!outcome.success) problems.push(...explain(outcome.error.issues, tree));
  if (problems.length > 0 || !outcome.success) return { ok: false, problems: inOrder(problems) };
  const settings = settingsOf(outcome.data, tree);
  if (settings.servers.length === 0) warnings.push('no servers are configured');
  warnings.push('no auth is configured: whoever reaches the data listener on this machine may call everything');
  return { ok: true, settings, warnings };
}

/** As a reader meets them, each file by itself, the files in the order in which they were first complained about. */
function inOrder(problems: readonly Problem[]): Problem[] {
  const files = [...new Set(problems.map(({ file }) => file))];
  return problems.toSorted(
    (a, b) => files.indexOf(a.file) - files.indexOf(b.file) || a.line - b.line || a.column - b.column,
  );
}
