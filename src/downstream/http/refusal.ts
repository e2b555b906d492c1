/** The body of an HTTP error that is no JSON-RPC answer, the same on every listener. */
export const refusal = (_status: number, kind: string, message: string): string =>
  JSON.stringify({ error: { kind, message } });
