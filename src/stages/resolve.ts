/** Turns a public name or URI into an upstream and its own name. What the caller's lists do not show is unknown here too. */
import { resolved, type Call, type Target } from '../core/call.ts';
import type { Outcome } from '../core/outcome.ts';
import type { Stage } from '../core/stage.ts';
import type { Directory } from '../catalog/directory.ts';
import { viewOf } from '../catalog/view.ts';
import { Fault } from '../kernel/fault.ts';
import { member, parseJson } from '../kernel/json.ts';
import { members, type Member } from '../kernel/scan.ts';
import type { Edit } from '../kernel/splice.ts';
import { REQUEST } from '../protocol/jsonrpc.ts';
import type { SingleMethod } from '../protocol/methods.ts';

export function resolve(directory: Directory): Stage {
  return (call, next) => {
    const { means } = call;
    if (means.kind !== 'single') return next(call);
    const go = (target: Target): Promise<Outcome> => {
      call.trail.resolved = { upstream: target.server, name: target.name };
      return next(resolved(call, target));
    };
    const target = find(directory, call, means);
    // Names that are known, nearly all, cost no turn of the queue.
    if (!(target instanceof Promise)) return go(target);
    target.catch(() => undefined); // told below, unless the method itself is unknown
    return offered(directory, means)
      .then(() => target)
      .then(go);
  };
}

/** @throws Fault `unknown-method` where no server has the feature; before anything is said about names. */
async function offered(directory: Directory, means: SingleMethod): Promise<void> {
  if (!(await directory.offers(means.capability))) throw new Fault('unknown-method', 'Method not found.');
}

function find(directory: Directory, call: Call, means: SingleMethod): Target | Promise<Target> {
  if (means.by === 'ref') return byReference(directory, call);
  return means.by === 'uri' ? byUri(directory, call) : byName(directory, call, means);
}

function byName(directory: Directory, call: Call, means: SingleMethod): Target | Promise<Target> {
  const { fields } = call.payload;
  const name = fields.text(REQUEST.name);
  if (name === undefined) return Promise.reject(new Fault('invalid', 'params.name must be a string.'));
  const kind = means.of === 'tool' ? 'tools' : 'prompts';
  const made = (found: ReturnType<Directory['known']>): Target => {
    if (!found) throw new Fault('unknown-name', `Unknown ${means.of}: ${shown(name)}`);
    const { own } = found.entry;
    const edits = own === name ? [] : [edit(fields.start(REQUEST.name), fields.end(REQUEST.name), own)];
    return { server: found.catalog.upstream.name, name: own, edits, mirrored: found.entry.mirrored };
  };
  const known = directory.known(kind, name);
  return known ? made(known) : directory.named(kind, name, viewOf(call)).then(made);
}

async function byUri(directory: Directory, call: Call): Promise<Target> {
  const { fields } = call.payload;
  const uri = fields.text(REQUEST.uri);
  if (uri === undefined) throw new Fault('invalid', 'params.uri must be a string.');
  const placed = await directory.place(uri, viewOf(call));
  if (!placed) throw new Fault('unknown-resource', `Resource not found: ${shown(uri)}`, { data: { uri } });
  const edits = placed.uri === uri ? [] : [edit(fields.start(REQUEST.uri), fields.end(REQUEST.uri), placed.uri)];
  return { server: placed.catalog.upstream.name, name: placed.uri, edits, mirrored: [] };
}

/** `completion/complete` names a prompt or a template in `params.ref`. */
async function byReference(directory: Directory, call: Call): Promise<Target> {
  const base = call.payload.fields.scan.bytes.byteOffset;
  const ref = members(call.payload.raw).find((one) => one.key === 'ref');
  const value = ref?.value[0] === 0x7b ? parseJson(ref.value) : undefined;
  const prompt = member(value, 'name');
  const uri = member(value, 'uri');
  const parts: readonly Member[] = ref && value !== undefined ? members(ref.value) : [];
  if (typeof prompt === 'string') {
    const found = await directory.named('prompts', prompt, viewOf(call));
    if (!found) throw new Fault('unknown-name', `Unknown prompt: ${shown(prompt)}`);
    const edits = replaced(parts, 'name', { base, put: found.entry.own });
    return { server: found.catalog.upstream.name, name: found.entry.own, edits, mirrored: [] };
  }
  if (typeof uri !== 'string')
    throw new Fault('invalid', 'params.ref must name a prompt (name) or a resource template (uri).');
  const found = await directory.template(uri, viewOf(call));
  if (!found) throw new Fault('unknown-name', `Unknown resource template: ${shown(uri)}`);
  const edits = replaced(parts, 'uri', { base, put: found.template });
  return { server: found.catalog.upstream.name, name: found.template, edits, mirrored: [] };
}

function replaced(
  parts: readonly Member[],
  key: string,
  change: { readonly base: number; readonly put: string },
): Edit[] {
  const at = parts.find((one) => one.key === key);
  if (!at) return [];
  const start = at.value.byteOffset - change.base;
  return [edit(start, start + at.value.length, change.put)];
}

const edit = (start: number, end: number, text: string): Edit => ({
  start,
  end,
  put: JSON.stringify(text),
});

/** Names come from outside: enough of one to recognise it. */
const shown = (name: string): string => (name.length > 200 ? `${name.slice(0, 200)}…` : name);
