/**
 * What a strict reader must find in a message, told a second time from the specifications: JSON-RPC 2.0 (which members make which message),
 * MCP ("Messages": ids, params), and our own two rules, that a member of the envelope comes once and is not written in another case.
 */
import type { JsonNode, JsonText } from './json.ts';

/** `null`: any value. An object: its members are looked for too. */
export interface Members {
  readonly [key: string]: Members | null;
}

export interface Layout {
  readonly members: Members;
  /** Objects whose members may not be written in another case, as joined paths; the whole message is ''. */
  readonly strict: readonly string[];
}

export interface Place {
  readonly keyStart: number;
  readonly start: number;
  readonly end: number;
}

export interface Envelope {
  readonly problem: 'duplicate-key' | 'miscased-key' | undefined;
  /** By joined path, as in `params _meta progressToken`. */
  readonly places: ReadonlyMap<string, Place>;
  readonly form: 'request' | 'notification' | 'response' | 'batch' | 'none';
  readonly method: string;
  readonly id: string | undefined;
}

export function readEnvelope({ root }: JsonText, bytes: Buffer, layout: Layout): Envelope {
  const found: Finding = { places: new Map(), problem: undefined };
  if (root.kind === 'object') look(root, layout.members, { path: '', layout, found });
  const nodes = new Map(firstOf(root));
  const method = textIn(nodes.get('method'), bytes);
  const id = idIn(nodes.get('id'), bytes);
  const form = formOf(root, nodes, { method, id, version: rawIn(nodes.get('jsonrpc'), bytes) });
  return { problem: found.problem, places: found.places, form, method: method ?? '', id };
}

interface Finding {
  readonly places: Map<string, Place>;
  problem: Envelope['problem'];
}

interface Looking {
  readonly path: string;
  readonly layout: Layout;
  readonly found: Finding;
}

function look(object: JsonNode, members: Members, { path, layout, found }: Looking): void {
  for (const { key, keyStart, value } of object.members) {
    const own = path === '' ? key : `${path} ${key}`;
    if (Object.hasOwn(members, key)) {
      if (found.places.has(own)) {
        found.problem ??= 'duplicate-key';
        continue;
      }
      found.places.set(own, { keyStart, start: value.start, end: value.end });
      const inner = members[key];
      if (inner && value.kind === 'object') look(value, inner, { path: own, layout, found });
    } else if (layout.strict.includes(path) && Object.keys(members).some((known) => isSame(known, key))) {
      found.problem ??= 'miscased-key';
    }
  }
}

/** Whether some decoder would take one for the other: by Unicode's simple folding (Go), or after compatibility forms are resolved. */
const isSame = (known: string, key: string): boolean =>
  new RegExp(`^${known.replaceAll(/[.*+?^${}()|[\]\\/]/g, '\\$&')}$`, 'iu').test(key.normalize('NFKC'));

/** Of members that come twice the first. */
function firstOf(root: JsonNode): [string, JsonNode][] {
  return root.members.toReversed().map(({ key, value }): [string, JsonNode] => [key, value]);
}

const rawOf = (node: JsonNode, bytes: Buffer): string => bytes.toString('utf8', node.start, node.end);

const textIn = (node: JsonNode | undefined, bytes: Buffer): string | undefined =>
  node?.kind === 'string' ? (JSON.parse(rawOf(node, bytes)) as string) : undefined;

/** Ours: the version is written without escapes. */
const rawIn = (node: JsonNode | undefined, bytes: Buffer): string | undefined => node && rawOf(node, bytes);

/** MCP: a string or an integer. Ours: at most 1024 bytes. */
function idIn(node: JsonNode | undefined, bytes: Buffer): string | undefined {
  if (!node || node.end - node.start > 1024) return undefined;
  const raw = rawOf(node, bytes);
  return node.kind === 'string' || /^-?[0-9]+$/.test(raw) ? raw : undefined;
}

interface Said {
  readonly method: string | undefined;
  readonly id: string | undefined;
  readonly version: string | undefined;
}

function formOf(root: JsonNode, nodes: ReadonlyMap<string, JsonNode>, { method, id, version }: Said): Envelope['form'] {
  if (root.kind === 'array') return 'batch';
  if (root.kind !== 'object' || version !== '"2.0"') return 'none';
  const isAnswer = nodes.has('result') || nodes.has('error');
  if (nodes.has('method')) {
    const params = nodes.get('params');
    if (method === undefined || isAnswer || (params && params.kind !== 'object')) return 'none';
    if (!nodes.has('id')) return 'notification';
    return id === undefined ? 'none' : 'request';
  }
  if (!isAnswer || (nodes.has('result') && nodes.has('error'))) return 'none';
  return id !== undefined || nodes.has('error') ? 'response' : 'none';
}
