/** What the calls of one open session have in common. */
import type { Message } from '../../protocol/jsonrpc.ts';
import type { Roll } from '../../kernel/roll.ts';
import type { Revision2025 } from '../../protocol/rev2025/differences.ts';
import type { HttpLink } from '../link/http.ts';
import type { SseLink } from '../link/sse.ts';
import type { StdioLink } from '../link/stdio.ts';
import type { Environment } from './environment.ts';
import type { Leg } from './leg.ts';

export interface Ground {
  readonly link: HttpLink | SseLink | StdioLink;
  readonly environment: Environment;
  /** Header lines of every request in this session. */
  readonly headers: string;
  readonly revision: Revision2025;
  /** The capabilities that the session was opened with, JSON text. */
  readonly offered: string;
  readonly relaysRoots: boolean;
  /** Given in results, where a client may name its session itself. */
  readonly handle: string | undefined;
  /** Calls that are under way, parked ones too; none where whatever the server asks comes with the call that it belongs to. */
  readonly legs: Roll<Leg>;
  /** What the server says beside its calls. */
  heard(message: Message): void;
  /** A call has ended for good, once each. */
  left(): void;
}
