/** What the schema found wrong, said to people: place, path, message and mend. Never a value, which may be a secret. */
import type { z } from 'zod';
import { isObject, member } from '../kernel/json.ts';
import { MAX_PROBLEMS } from './document.ts';
import { jsonSchema, keysAt } from './json-schema.ts';
import { nearest } from './nearest.ts';
import type { Problem } from './source.ts';
import { find, isRefused, pathText, problem } from './tree.ts';
import type { MapTree, Path } from './tree.ts';

type Issue = z.core.$ZodIssue;

export function explain(issues: readonly Issue[], tree: MapTree): Problem[] {
  const known = jsonSchema();
  return issues.slice(0, MAX_PROBLEMS).flatMap((issue) => explainOne(issue, { tree, known, at: [] }));
}

interface Context {
  readonly tree: MapTree;
  readonly known: unknown;
  /** Where the issue's own path begins: issues of a union's branch are relative to it. */
  readonly at: Path;
}

function explainOne(issue: Issue, context: Context): Problem[] {
  const path: Path = [...context.at, ...issue.path.map((step) => (typeof step === 'symbol' ? '' : step))];
  if (issue.code === 'unrecognized_keys')
    return issue.keys.slice(0, MAX_PROBLEMS).flatMap((key) => unknownKey([...path, key], context));
  const found = find(context.tree, path);
  if (isRefused(found.value)) return [];
  if (issue.code === 'invalid_union') {
    const branch = branchMeant(issue.errors);
    if (branch) return branch.flatMap((each) => explainOne(each, { ...context, at: path }));
  }
  const place = found.value?.place ?? found.keyPlace;
  const { message, mend } = words(issue, found.value !== undefined);
  return [problem(place, path, message, mend)];
}

function unknownKey(path: Path, { tree, known }: Context): Problem[] {
  const found = find(tree, path);
  if (isRefused(found.value)) return [];
  const siblings = keysAt(known, path.slice(0, -1));
  const meant = nearest(String(path.at(-1)), siblings);
  const usual = meant === undefined ? `known here: ${siblings.join(', ')}` : `did you mean ${meant}?`;
  const mend = HINTS[pathText(path.map((step, index) => (path[0] === 'servers' && index === 1 ? '*' : step)))] ?? usual;
  return [problem(found.keyPlace, path, 'unknown key', mend)];
}

const CLIENTS_OWN = "it is of a client's own list of servers; give such a file with --mcp-json instead of -c";
/** What people write who know it from elsewhere. */
const HINTS: Readonly<Record<string, string>> = {
  mcpServers: CLIENTS_OWN,
  inputs: CLIENTS_OWN,
  'servers.*.type': 'remove it: url or command says what it is',
};

/** The alternative whose outer form fits what was written. */
function branchMeant(errors: readonly (readonly Issue[])[]): readonly Issue[] | undefined {
  return errors.find((issues) => !issues.some((issue) => issue.code === 'invalid_type' && issue.path.length === 0));
}

function words(issue: Issue, written: boolean): { message: string; mend?: string } {
  if (!written) return { message: 'is missing' };
  if (issue.code === 'custom') {
    const mend: unknown = isObject(issue.params) ? member(issue.params, 'mend') : undefined;
    return typeof mend === 'string' ? { message: issue.message, mend } : { message: issue.message };
  }
  if (issue.code === 'too_big') return { message: `holds more than ${String(issue.maximum)}` };
  if (issue.code === 'invalid_type') return wrongType(issue.expected);
  // the only union without a branch of its form is the one whose message is written in the schema, or a scalar's
  return { message: issue.message === 'Invalid input' ? 'has the wrong form' : issue.message };
}

function wrongType(expected: string): { message: string; mend?: string } {
  if (expected === 'string') return { message: 'must be text', mend: 'put it in quotes' };
  if (expected === 'array') return { message: 'must be a list', mend: 'write [one, two]' };
  if (expected === 'object' || expected === 'record') return { message: 'must be a map of keys' };
  return { message: `must be a ${expected}` };
}
