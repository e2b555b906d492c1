/**
 * What a configuration file says, once it has been read, checked and given its defaults: plain data, durations in milliseconds, sizes in
 * bytes. `config/` makes it, `config/compile` turns it into a Snapshot; nothing else reads files.
 */
import type { ProtocolChoice } from '../protocol/probe.ts';

export interface Authority {
  readonly host: string;
  readonly port: number;
}

export interface ListenSettings {
  readonly address: Authority;
  /** How clients see the data listener; its authority is answered too. */
  readonly publicUrl: string | undefined;
  /** Further Host values, lower case; without a port any port fits. */
  readonly hosts: readonly string[];
  readonly origins: readonly string[];
  /** Networks, each as `10.0.0.0/8`, whose X-Forwarded-For and X-Forwarded-Proto count. */
  readonly trustedProxies: readonly string[];
  readonly tls: ListenTlsSettings | undefined;
}

/** PEM texts, not the names of files. */
export interface ListenTlsSettings {
  readonly cert: string;
  readonly key: string;
  readonly clientCa?: string | undefined;
  readonly clientAuth: 'none' | 'request' | 'require';
}

/** PEM texts too. Without `ca` the system's authorities count. */
export interface ServerTlsSettings {
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  /** The name that the certificate must be for, where it is not the URL's. */
  readonly serverName?: string | undefined;
}

export interface ProxySettings extends Authority {
  readonly tls: boolean;
  /** The value of Proxy-Authorization. */
  readonly authorization: string | undefined;
}

export interface BoundSettings {
  readonly headerBytes: number;
  readonly headers: number;
  readonly targetBytes: number;
  readonly bodyBytes: number;
  readonly bufferedBytes: number;
  readonly jsonDepth: number;
  readonly headerTimeoutMs: number;
  readonly bodyTimeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly drainTimeoutMs: number;
  readonly connections: number;
  readonly connectionsPerAddress: number;
  readonly inFlight: number;
  readonly sessions: number;
  readonly sessionIdleMs: number;
  readonly resultBytes: number;
  readonly streamQueueBytes: number;
  readonly replayBytes: number;
  readonly listEntries: number;
  readonly children: number;
  readonly lineBytes: number;
  readonly parked: number;
  readonly parkedPerCaller: number;
  readonly parkedTimeoutMs: number;
}

/** Whose calls share a session with an upstream of the revisions that have sessions. */
export type Affinity = 'caller' | 'handle' | 'ephemeral' | 'shared';

interface EveryServerSettings {
  readonly name: string;
  readonly protocol: ProtocolChoice;
  readonly connectTimeoutMs: number;
  readonly firstByteTimeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly timeoutMs: number;
  readonly concurrency: number;
  readonly affinity: Affinity;
  /** `relay` gives each caller its own session or process, to which its roots may be told. */
  readonly roots: 'none' | 'relay';
  readonly tags: readonly string[];
  readonly owner: string | undefined;
  readonly description: string | undefined;
  readonly disabled: boolean;
}

export interface HttpServerSettings extends EveryServerSettings {
  readonly kind: 'http';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: ServerTlsSettings | undefined;
  /** The environment has been asked already. */
  readonly proxy: ProxySettings | undefined;
}

export interface StdioServerSettings extends EveryServerSettings {
  readonly kind: 'stdio';
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Absolute; relative ones in the file are taken from the file's folder. */
  readonly cwd: string;
  readonly process: 'shared' | 'per-caller';
}

export type ServerSettings = HttpServerSettings | StdioServerSettings;

export interface Settings {
  readonly listen: ListenSettings;
  readonly admin: Authority;
  readonly health: Authority | undefined;
  /** Whether the HTTP+SSE transport is served beside the streamable one. */
  readonly servesSse: boolean;
  readonly names: { readonly separator: '__' | '_'; readonly max: number };
  readonly bounds: BoundSettings;
  /** In the order of the file; names are unique. */
  readonly servers: readonly ServerSettings[];
  /** Newest first; empty means: make one at start. */
  readonly sealKeys: readonly string[];
  readonly log: {
    readonly level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal';
    readonly format: 'auto' | 'json' | 'pretty';
  };
}
