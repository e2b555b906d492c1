/**
 * A hostile request as data: what is sent, which section says so, what must be answered and what becomes of the connection. That the
 * upstream sees nothing of it holds for every case and is said nowhere else.
 */

export type ListenerName = 'data' | 'data-tls' | 'data-callers' | 'admin' | 'health';

/** What a listener serves. `control` is everything that has no MCP route: admin and health. */
export type Plane = 'data' | 'control';

export interface CaseClass {
  readonly name: string;
  readonly cases: readonly Case[];
  /** The only listener that has what this class is about. All others have what is not said so of. */
  readonly only?: ListenerName;
  /** Listeners on which this class says nothing, and why. */
  readonly leavesOut?: LeftOut;
}

export type LeftOut = Readonly<Partial<Record<ListenerName, string>>>;

export interface Case {
  readonly name: string;
  /** The section that it follows. */
  readonly follows: string;
  /** A text as `writing.ts` reads it; of several each counts its own length. */
  readonly sends: string | readonly string[];
  /** Any one of these is right. */
  readonly gets: readonly Gets[];
  readonly leaves: Fate;
  /** The same on listeners without MCP, where it differs. */
  readonly control?: Pick<Case, 'gets' | 'leaves'>;
  /** Answers that come after the first, for cases that are several requests. */
  readonly further?: readonly (readonly Gets[])[];
  /** `every`: on each route of the listener, the unknown one included. */
  readonly routes?: 'first' | 'every';
  /** How it ends where nothing can be sent behind it: it waits, goes on byte by byte for ever, says that it has ended, or is gone. */
  readonly ends?: 'waits' | 'drips' | 'fin' | 'reset';
  /** The request is one whose answer has no body, whatever its length says. */
  readonly isHead?: boolean;
  /** `100 Continue` may come before the answer. */
  readonly mayContinue?: boolean;
  /** Sent below TLS, on a listener that has it. */
  readonly isBelowTls?: boolean;
  readonly leavesOut?: LeftOut;
}

/**
 * `closed`: after the answer, which says so. `kept`: what is sent behind is answered, and is the only other thing that is. `in-sync`: either
 * of these.
 */
export type Fate = 'closed' | 'kept' | 'in-sync';

export type Gets =
  /** `{ "error": { "kind", "message" } }`, the way of everything that is refused before a message was read. */
  | { readonly is: 'refusal'; readonly status: readonly number[] }
  /** A JSON-RPC error. */
  | {
      readonly is: 'fault';
      readonly status: number;
      readonly code: number;
      /** JSON text; `none` where the member must not be there. */
      readonly id: string;
      /** Exactly this message. */
      readonly says?: string;
    }
  /** A JSON-RPC result where MCP is spoken, 200 where it is not. */
  | { readonly is: 'served'; readonly id: string; /** Stands in it. */ readonly shows?: string }
  | { readonly is: 'status'; readonly status: readonly number[] }
  /** The end without an answer. */
  | { readonly is: 'nothing' }
  /** Below TLS: an alert, or nothing, and the end; `isBegun` where the handshake may have gone on before. */
  | { readonly is: 'alert'; readonly isBegun: boolean };

/** The id of a case's own request. */
export const OWN_ID = '"{nonce}"';

export const refusal = (...status: readonly number[]): Gets => ({ is: 'refusal', status });
export const fault = (status: number, code: number, id = OWN_ID): Gets => ({ is: 'fault', status, code, id });
export const served = (id = OWN_ID): Gets => ({ is: 'served', id });
export const status = (...status: readonly number[]): Gets => ({ is: 'status', status });
export const nothing: Gets = { is: 'nothing' };
export const alert: Gets = { is: 'alert', isBegun: false };
export const begunHandshake: Gets = { is: 'alert', isBegun: true };

/** No reader could be sure where the next request begins. */
export const malformed = { gets: [refusal(400)], leaves: 'closed' } as const;
/** Understood and refused; whether the body is read on is the server's choice. */
export const refused = (...status: readonly number[]): Pick<Case, 'gets' | 'leaves'> => ({
  gets: [refusal(...status)],
  leaves: 'in-sync',
});
/** Read whole, and answered with a JSON-RPC error. */
export const wrong = (status: number, code: number, id?: string): Pick<Case, 'gets' | 'leaves'> => ({
  gets: [fault(status, code, id)],
  leaves: 'kept',
});
/** Unusual, and right all the same. */
export const fine = { gets: [served()], leaves: 'kept' } as const;

/** For classes of messages: there is nobody to read them. */
export const NO_MCP: LeftOut = { admin: 'it has no MCP route', health: 'it has no MCP route' };
