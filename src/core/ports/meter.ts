/** Where durations of operations go: one method for each side of the house. Implemented by `observe/metrics`. */

export interface Operation {
  /** JSON-RPC method; `other` for what is not in the table of methods, so that callers cannot make series. */
  readonly method: string;
  /** Upstream's name; empty where no single upstream was meant. */
  readonly server: string;
  /** A fault's kind, a JSON-RPC code as text, or `tool_error`; empty for success. */
  readonly errorType: string;
  readonly seconds: number;
}

export interface Meter {
  /** An operation that a client asked of the gateway. */
  served(operation: Operation): void;
  /** An operation that the gateway asked of an upstream. */
  asked(operation: Operation): void;
}
