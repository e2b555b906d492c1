/**
 * The cells that a revision itself makes impossible, each with its clause. They are run as well: what is seen there must be the refusal that
 * `cases/absent.ts` expects. The list may become shorter; `AT_MOST` goes down with it and never up.
 */
import { cellName, cells, facts } from './cells.ts';
import type { Cell } from './cells.ts';

export const AT_MOST = 9;

export interface NotApplicable {
  readonly cell: string;
  readonly clause: string;
}

export const notApplicable: readonly NotApplicable[] = cells.flatMap((cell) => {
  const clause = impossible(cell);
  return clause === undefined ? [] : [{ cell: cellName(cell), clause }];
});

function impossible({ client, upstream, feature }: Cell): string | undefined {
  if (feature !== 'elicitation') return undefined;
  if (!facts[client.revision].elicitation)
    return `${client.revision}, "Client Features": its clients know roots and sampling only`;
  if (!facts[upstream.revision].elicitation)
    return `${upstream.revision}, "Client Features": its servers can ask for roots and sampling only`;
  return undefined;
}
