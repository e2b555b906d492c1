/** Public resource URIs: unchanged where one upstream owns them; otherwise a reversible form that names the server. */

const KEEPS_SCHEME = /^(ui|skill):\/\//u;

/** `https:` resources are fetched by clients themselves and are never renamed. */
export const isFixed = (uri: string): boolean => uri.startsWith('https:');

/** The form for a URI that another server already offers. MCP Apps and Skills hosts insist on their own schemes, so these keep them. */
export function qualifiedUri(server: string, uri: string): string {
  const kept = KEEPS_SCHEME.exec(uri);
  if (kept) return `${kept[0]}${server}/${uri.slice(kept[0].length)}`;
  return `gatehouse://${server}/${encodeURIComponent(uri.toWellFormed())}`;
}

/** A template gets a literal prefix; its own text stays as it is, operators included (RFC 6570). */
export function qualifiedTemplate(server: string, template: string): string {
  const kept = KEEPS_SCHEME.exec(template);
  if (kept) return `${kept[0]}${server}/${template.slice(kept[0].length)}`;
  return `gatehouse://${server}/${template}`;
}

export interface QualifiedUri {
  readonly server: string;
  readonly uri: string;
}

/** Undoes `qualifiedUri` and the expansion of a `qualifiedTemplate`; `undefined` for what is neither. */
export function unqualified(uri: string): QualifiedUri | undefined {
  const kept = KEEPS_SCHEME.exec(uri);
  const prefix = kept ? kept[0] : 'gatehouse://';
  if (!uri.startsWith(prefix)) return undefined;
  const slash = uri.indexOf('/', prefix.length);
  if (slash === -1) return undefined;
  const server = uri.slice(prefix.length, slash);
  const rest = uri.slice(slash + 1);
  if (kept) return { server, uri: kept[0] + rest };
  // An encoded URI holds no ':'; an expanded template keeps its own scheme in clear.
  return { server, uri: rest.includes(':') ? rest : decoded(rest) };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Whether a URI may come from a template: its literal parts occur in order, from the first character to the last. Linear; no regular expression. */
export function mayExpand(template: string, uri: string): boolean {
  const literals = template.split(/\{[^{}]*\}/u);
  const [head = '', ...rest] = literals;
  if (!uri.startsWith(head)) return false;
  const tail = rest.pop();
  if (tail === undefined) return uri === head;
  let at = head.length;
  for (const literal of rest) {
    const found = uri.indexOf(literal, at);
    if (found === -1) return false;
    at = found + literal.length;
  }
  return uri.length - tail.length >= at && uri.endsWith(tail);
}
