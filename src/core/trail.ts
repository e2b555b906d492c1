/** What the stages found out, for whoever records. Each is written once; `stages/record` reads it; nobody decides by it. */
export interface Trail {
  resolved: { readonly upstream: string; readonly name: string } | undefined;
}
