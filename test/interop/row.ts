/** What one client did with one server, one method at a time. */
export interface Row {
  readonly client: string;
  readonly server: string;
  readonly method: string;
  readonly outcome: 'ok' | 'absent' | 'fail';
  readonly clientRevision: string;
  readonly upstreamRevision: string;
}
