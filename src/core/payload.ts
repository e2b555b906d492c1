/** Params or a result as received: bytes and where in them the gateway's own members stand. Parsed at most once, and only if someone reads it. */
import { readIncoming, readReply, REPLY, REQUEST, type Fields } from '../protocol/jsonrpc.ts';

export class Payload {
  /** Of the whole message that holds this payload. */
  readonly fields: Fields;
  readonly #slot: number;
  #parsed: { readonly value: unknown } | undefined;

  private constructor(fields: Fields, slot: number) {
    this.fields = fields;
    this.#slot = slot;
  }

  static params(fields: Fields): Payload {
    return new Payload(fields, REQUEST.params);
  }

  static result(fields: Fields): Payload {
    return new Payload(fields, REPLY.result);
  }

  /** Params that the gateway itself asks with. */
  static ofParams(params: unknown): Payload {
    const text = JSON.stringify({ jsonrpc: '2.0', method: 'own', params });
    return Payload.params(readIncoming(Buffer.from(text), OWN_DEPTH).fields);
  }

  /** A result that the gateway itself makes, from ready JSON text. */
  static ofResult(json: string | Buffer): Payload {
    const parts = [Buffer.from('{"jsonrpc":"2.0","id":0,"result":'), Buffer.from(json), Buffer.from('}')];
    return Payload.result(readReply(Buffer.concat(parts), OWN_DEPTH).fields);
  }

  get raw(): Buffer {
    return this.fields.raw(this.#slot) ?? EMPTY;
  }

  parse(): unknown {
    this.#parsed ??= { value: this.fields.parse(this.#slot) };
    return this.#parsed.value;
  }
}

/** What we write ourselves may quote what was within bounds when it came in, some levels deeper. */
const OWN_DEPTH = 256;
const EMPTY = Buffer.from('{}');
