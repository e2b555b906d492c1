/** What a running gateway shows to whoever started it: the command line, tests, an embedding program. */

export type ServerState = 'ready' | 'starting' | 'unavailable' | 'disabled';

export interface ServerStatus {
  readonly name: string;
  readonly state: ServerState;
  /** The protocol revision spoken with it, once known. */
  readonly revision: string | undefined;
  /** Why it is not ready; safe to show. */
  readonly reason: string | undefined;
  readonly tools: number;
}

/** The client on a pair of pipes. */
export interface PipedClient {
  /** Resolves when it has said all it will, or is gone. */
  readonly left: Promise<void>;
  /** Cancels what it still waits for, so that closing takes no longer than it must. */
  cut(): void;
}

export interface Gateway {
  /** `http://127.0.0.1:8080`; without a trailing slash. Empty on pipes, which have no address. */
  readonly dataUrl: string;
  readonly adminUrl: string;
  /** Absent where clients come to listeners. */
  readonly client: PipedClient | undefined;
  servers(): readonly ServerStatus[];
  /** Called at every change of any server's state. Gives back how to stop listening. */
  onServer(listener: (status: ServerStatus) => void): () => void;
  /** Resolves when every server that is not disabled has been ready or unavailable once. */
  settled(): Promise<void>;
  /** Stops accepting, lets calls in flight finish within the drain time, closes upstreams and children. Safe to call twice. */
  close(): Promise<void>;
}
