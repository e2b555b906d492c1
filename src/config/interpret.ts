/** The second half of every load, whatever the file's shape: an interpolated tree is judged whole and becomes Settings, or problems. */
import { checkCertificates } from './certificates.ts';
import { check } from './check.ts';
import { explain } from './explain.ts';
import { withoutEffect } from './idle.ts';
import { notYetInEffect, refuseLater } from './later.ts';
import { systemProxy } from './proxies.ts';
import type { Variables } from './references.ts';
import { schema } from './schema.ts';
import type { Written } from './schema.ts';
import { settingsOf } from './settings.ts';
import type { LoadResult, Problem } from './source.ts';
import { find, plain, problem } from './tree.ts';
import type { MapTree } from './tree.ts';

/** @param earlier what reading and interpolation found; told together with what is found here. */
export function interpret(tree: MapTree, earlier: readonly Problem[], variables: Variables): LoadResult {
  const warnings = notYetInEffect(tree);
  const problems = [...earlier, ...check(tree), ...checkCertificates(tree), ...refuseLater(tree)];
  const outcome = schema.safeParse(plain(tree));
  if (!outcome.success) problems.push(...explain(outcome.error.issues, tree));
  else problems.push(...checkProxies(outcome.data, tree, variables));
  if (problems.length > 0 || !outcome.success) return { ok: false, problems: inOrder(problems) };
  const settings = settingsOf(outcome.data, tree, variables);
  warnings.push(...withoutEffect(settings));
  if (settings.servers.length === 0) warnings.push('no servers are configured');
  if (settings.listen.tls?.clientAuth !== 'require') warnings.push(NOBODY_IS_ASKED);
  return { ok: true, settings, warnings };
}

/** Concerns listeners alone. */
export const NOBODY_IS_ASKED =
  'no auth is configured: whoever reaches the data listener on this machine may call everything';

/** Whether the environment names a proxy that can be used, for who uses it. */
function checkProxies({ servers }: Written, tree: MapTree, variables: Variables): Problem[] {
  return Object.entries(servers).flatMap(([name, { url, proxy, disabled }]) => {
    if (url === undefined || proxy !== 'system' || disabled) return [];
    const named = systemProxy(new URL(url), variables);
    if ('proxy' in named) return [];
    const path = ['servers', name];
    return [problem(find(tree, path).keyPlace, path, named.message, 'write `proxy: none`, or the URL of a proxy')];
  });
}

/** As a reader meets them, each file by itself, the files in the order in which they were first complained about. */
function inOrder(problems: readonly Problem[]): Problem[] {
  const files = [...new Set(problems.map(({ file }) => file))];
  return problems.toSorted(
    (a, b) => files.indexOf(a.file) - files.indexOf(b.file) || a.line - b.line || a.column - b.column,
  );
}
