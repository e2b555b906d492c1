/** What is measured: a process tree before the stub, and how its clients call it. All are alive at once. */
import type { Process } from '../process.ts';
import type { Workload } from '../workloads.ts';

export interface Subject {
  readonly name: string;
  readonly origin: string;
  /** Whose tree is charged; the stub's own for `direct`. */
  readonly pid: number;
  /** Clients call one endpoint and prefixed names; byte proxies are called as the stub is. */
  readonly rewrites: boolean;
}

export interface Ground {
  readonly stub: { readonly port: number; readonly pid: number };
  /** For files of the subjects; deleted at the end. */
  readonly folder: string;
  /** Subjects have TLS if it is given; the stub never has. */
  readonly certificate?: Certificate;
  readonly started: (process: Process) => void;
}

export interface Certificate {
  readonly cert: string;
  readonly key: string;
  /** Both in one file, as HAProxy wants them. */
  readonly both: string;
}

export interface Aim {
  readonly name: string;
  readonly workload: Workload;
  readonly url: string;
  readonly tool: string;
  readonly pid: number;
}

export function aim({ name, origin, pid, rewrites }: Subject, workload: Workload): Aim {
  return rewrites
    ? { name, workload, pid, url: `${origin}/mcp`, tool: `${workload.path}__echo` }
    : { name, workload, pid, url: `${origin}/${workload.path}`, tool: 'echo' };
}

/** Without a proxy: what the stub and the load cost by themselves. */
export function direct({ stub }: Pick<Ground, 'stub'>): Subject {
  return { name: 'direct', origin: `http://127.0.0.1:${stub.port}`, pid: stub.pid, rewrites: false };
}

/** What stands in front of a port here. */
export function originOf({ certificate }: Pick<Ground, 'certificate'>, port: number): string {
  return `${certificate ? 'https' : 'http'}://127.0.0.1:${port}`;
}
