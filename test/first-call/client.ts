/** What a first call needs of any MCP client, and the smallest ones that have it. Own code, so that no SDK mends what is wrong. */

export interface Client extends AsyncDisposable {
  readonly revision: string;
  tools(): Promise<readonly string[]>;
  /** The result as JSON, whatever it holds; a JSON-RPC error is thrown. */
  call(tool: string, args: object): Promise<unknown>;
}

export interface Answer {
  readonly id?: unknown;
  readonly result?: { readonly tools?: readonly { readonly name: string }[]; readonly nextCursor?: string };
  readonly error?: { readonly code: number; readonly message: string };
}

export type Ask = (method: string, params: object) => Promise<Answer>;

export const clientInfo = { name: 'first-call', version: '1.0.0' };

/** A server that hands out pages for ever is not waited for. */
const MOST_PAGES = 100;

export async function listTools(ask: Ask): Promise<readonly string[]> {
  const names: string[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const { tools = [], nextCursor } = result(await ask('tools/list', cursor === undefined ? {} : { cursor }));
    names.push(...tools.map(({ name }) => name));
    if (nextCursor === undefined) return names;
    cursor = nextCursor;
  }
  throw new Error(`tools/list did not end within ${MOST_PAGES} pages`);
}

export function result({ result: value, error }: Answer): NonNullable<Answer['result']> {
  if (error) throw new Error(`JSON-RPC error ${error.code}: ${error.message}`);
  if (!value) throw new Error('An answer without a result');
  return value;
}
