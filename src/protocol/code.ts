/** JSON-RPC error codes that have a meaning of their own in some revision of MCP. */
export const CODE = {
  parse: -32700,
  invalidRequest: -32600,
  methodNotFound: -32601,
  invalidParams: -32602,
  internal: -32603,
  resourceNotFound: -32002,
  headerMismatch: -32020,
  capabilityMissing: -32021,
  unsupportedVersion: -32022,
  urlElicitation: -32042,
} as const;

/** A JSON-RPC error on its way to a client, with the HTTP status that goes with it. */
export interface WireError {
  readonly status: number;
  readonly code: number;
  readonly message: string;
  readonly data?: Readonly<Record<string, unknown>> | undefined;
}

/** An error's JSON. `id` is JSON text. */
export function errorMessage(id: string | undefined, error: Omit<WireError, 'status'>): string {
  const { code, message, data } = error;
  const body = JSON.stringify(data === undefined ? { code, message } : { code, message, data });
  return id === undefined ? `{"jsonrpc":"2.0","error":${body}}` : `{"jsonrpc":"2.0","id":${id},"error":${body}}`;
}
