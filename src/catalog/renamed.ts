/** Resource URIs inside a result, under their public text. Only for servers some of whose URIs another server offers too. */
import { joinParts } from '../kernel/parts.ts';
import { parseJson } from '../kernel/json.ts';
import { elements, members } from '../kernel/scan.ts';
import { splice, type Edit } from '../kernel/splice.ts';

/** Where a result or a tool names resources; a tool's own structured content is its own affair: contents, links, embedded resources, MCP Apps. */
const KEYS: ReadonlySet<string> = new Set(['uri', 'resourceUri', 'ui/resourceUri']);
const MAX_ELEMENTS = 1_000_000;

/** The result with URIs renamed, every other byte as it was; `undefined` where there is nothing to rename. */
export function renamedUris(result: Buffer, publicUri: (uri: string) => string): Buffer | undefined {
  const edits: Edit[] = [];
  collect(result, result.byteOffset, { publicUri, edits });
  return edits.length === 0 ? undefined : joinParts(splice(result, { start: 0, end: result.length }, edits));
}

interface Search {
  readonly publicUri: (uri: string) => string;
  readonly edits: Edit[];
}

function collect(value: Buffer, base: number, search: Search): void {
  if (value[0] === 0x5b) for (const element of elements(value, MAX_ELEMENTS) ?? []) collect(element, base, search);
  if (value[0] !== 0x7b) return;
  for (const one of members(value)) {
    if (one.key === 'structuredContent' || one.key === 'arguments') continue;
    const uri = KEYS.has(one.key) && one.value[0] === 0x22 ? parseJson(one.value) : undefined;
    if (typeof uri !== 'string') {
      collect(one.value, base, search);
      continue;
    }
    const renamed = search.publicUri(uri);
    const start = one.value.byteOffset - base;
    if (renamed !== uri) search.edits.push({ start, end: start + one.value.length, put: JSON.stringify(renamed) });
  }
}
