/** Keys that are known and not built yet: refused by name, never silently ignored. A key leaves this table with the change that builds it. */
import type { Problem } from './source.ts';
import { problem, refused } from './tree.ts';
import type { MapTree, Path, Tree } from './tree.ts';

/** `*` is any one key. */
const LATER: readonly string[] = [
  'bounds.authFailures',
  'servers.*.auth',
  'servers.*.trusted',
  'servers.*.openapi',
  'servers.*.baseUrl',
  'servers.*.graphql',
  'servers.*.grpc',
  'servers.*.replicas',
  'servers.*.balance',
  'toolsets',
  'auth',
  'roles',
  'policies',
  'quotas',
  'egress',
  'audit',
  'telemetry',
];

/** Accepted, so that a file can be ready for them. */
const NOT_YET_IN_EFFECT = ['store', 'shared'];

/** Refuses them in place, so that nothing else is said about them. */
export function refuseLater(tree: MapTree): Problem[] {
  return LATER.flatMap((pattern) => refuse(tree, pattern.split('.'), []));
}

export function notYetInEffect(tree: MapTree): string[] {
  return NOT_YET_IN_EFFECT.filter((key) => tree.entries.has(key)).map((key) => `${key} is not yet in effect`);
}

function refuse(tree: Tree, steps: readonly string[], path: Path): Problem[] {
  const [step, ...rest] = steps;
  if (tree.kind !== 'map' || step === undefined) return [];
  const problems: Problem[] = [];
  for (const key of step === '*' ? [...tree.entries.keys()] : [step]) {
    const entry = tree.entries.get(key);
    if (entry === undefined) continue;
    const own = [...path, key];
    if (rest.length > 0) {
      problems.push(...refuse(entry.value, rest, own));
    } else {
      problems.push(problem(entry.keyPlace, own, 'comes in a later version', 'remove it until then'));
      tree.entries.set(key, { ...entry, value: refused(entry.value.place) });
    }
  }
  return problems;
}
