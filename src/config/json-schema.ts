/** The schema as JSON Schema 2020-12, for editors, for counting and for finding out which keys are known at a place. */
import { z } from 'zod';
import { isObject, member } from '../kernel/json.ts';
import type { JsonObject } from '../kernel/json.ts';
import { schema } from './schema.ts';
import type { Path } from './tree.ts';

export function jsonSchema(): JsonObject {
  const made = z.toJSONSchema(schema, {
    io: 'input',
    target: 'draft-2020-12',
    override: ({ jsonSchema: node }) => forEditors(node),
  });
  return { title: 'gatehouse.yaml', description: 'Configuration of Gatehouse, the MCP gateway.', ...made };
}

/** A leaf is a path with a scalar, a list or a free map; a path that may be a scalar or a block counts as a leaf beside the block's own. */
export function leaves(node: unknown, path = ''): string[] {
  const branches = branchesOf(node);
  const blocks = branches.filter((branch) => isObject(member(branch, 'properties')) || blockOf(branch) !== undefined);
  const below = blocks.flatMap((branch) => {
    const named = Object.entries(member(branch, 'properties') ?? {}).flatMap(([key, value]) =>
      leaves(value, path === '' ? key : `${path}.${key}`),
    );
    const each = blockOf(branch);
    return each === undefined ? named : [...named, ...leaves(each, `${path}.*`)];
  });
  return blocks.length < branches.length ? [path, ...below] : below;
}

/** The keys that may be written in the map at `path`. */
export function keysAt(node: unknown, path: Path): string[] {
  const [step, ...rest] = path;
  const branches = branchesOf(node);
  if (step === undefined) return branches.flatMap((branch) => Object.keys(member(branch, 'properties') ?? {}));
  return branches.flatMap((branch) => {
    const properties = member(branch, 'properties');
    const next =
      member(properties, String(step)) ?? member(branch, typeof step === 'number' ? 'items' : 'additionalProperties');
    return isObject(next) ? keysAt(next, rest) : [];
  });
}

/** A map of blocks, as `servers` is; a free map has scalars instead. */
function blockOf(branch: unknown): JsonObject | undefined {
  const each = member(branch, 'additionalProperties');
  return isObject(each) && isObject(member(each, 'properties')) ? each : undefined;
}

/** Alternatives of one scalar (`anyOf` within a leaf) are one branch. */
function branchesOf(node: unknown): unknown[] {
  const alternatives = member(node, 'anyOf');
  return Array.isArray(alternatives) && alternatives.some((each) => isObject(member(each, 'properties')))
    ? alternatives
    : [node];
}

function forEditors(node: Record<string, unknown>): void {
  const editor = node['editor'];
  if (isObject(editor)) {
    for (const key of ['type', 'anyOf', 'editor']) delete node[key];
    Object.assign(node, editor);
  }
  // `{}` and `[]` say nothing that the keys below do not say better
  if (typeof node['default'] === 'object' && node['default'] !== null) delete node['default'];
}
