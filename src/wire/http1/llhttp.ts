/**
 * The wasm build of llhttp inside the pinned `undici` package: one instance, one input area in its memory, many parsers. Strict: none of its
 * leniencies is switched on. Knows pointers and offsets; what a message means is for `parser`.
 */
import { createRequire } from 'node:module';

/** Where the parser is inside the bytes of one `execute`. Whoever implements this only records: a throw here would wedge the parser. */
export interface MessageEvents {
  url(offset: number, length: number): number;
  field(offset: number, length: number): number;
  value(offset: number, length: number): number;
  /** Gives back 1 when no body follows whatever the headers say. */
  headersComplete(status: number, keepAlive: boolean): number;
  body(offset: number, length: number): number;
  messageComplete(): number;
}

export type MessageType = 'request' | 'response';

/** llhttp's own numbers (`undici/lib/llhttp/constants.js`). */
export const OK = 0;
export const STOP = -1;
export const SKIP_BODY = 1;
export const PAUSED = 21;
const TYPES = { request: 1, response: 2 } as const;
const METHODS = ['DELETE', 'GET', 'HEAD', 'POST', 'PUT', 'CONNECT', 'OPTIONS'];

const INPUT_BYTES = 65_536;
const SOURCE = 'undici/lib/llhttp/llhttp_simd-wasm.js';

export class Llhttp {
  readonly #wasm: Exports;
  #input: number;
  #size = INPUT_BYTES;
  #view: Uint8Array;
  #events: MessageEvents | undefined;

  constructor() {
    const module = new WebAssembly.Module(createRequire(import.meta.url)(SOURCE) as Buffer);
    const at = (pointer: number): number => pointer - this.#input;
    const imports = {
      wasm_on_message_begin: () => OK,
      wasm_on_status: () => OK,
      wasm_on_url: (_: number, from: number, length: number) => this.#events?.url(at(from), length),
      wasm_on_header_field: (_: number, from: number, length: number) => this.#events?.field(at(from), length),
      wasm_on_header_value: (_: number, from: number, length: number) => this.#events?.value(at(from), length),
      wasm_on_headers_complete: (_: number, status: number, _upgrade: number, keepAlive: number) =>
        this.#events?.headersComplete(status, keepAlive === 1),
      wasm_on_body: (_: number, from: number, length: number) => this.#events?.body(at(from), length),
      wasm_on_message_complete: () => this.#events?.messageComplete(),
    };
    this.#wasm = new WebAssembly.Instance(module, { env: imports }).exports;
    this.#wasm._initialize();
    this.#input = this.#wasm.malloc(INPUT_BYTES);
    this.#view = new Uint8Array(this.#wasm.memory.buffer, this.#input, INPUT_BYTES);
  }

  /** The address of a new parser. */
  open(type: MessageType): number {
    return this.#wasm.llhttp_alloc(TYPES[type]);
  }

  reset(parser: number): void {
    this.#wasm.llhttp_reset(parser);
  }

  close(parser: number): void {
    this.#wasm.llhttp_free(parser);
  }

  /** Parses `chunk`, which need not outlive the call. Gives back llhttp's error number. */
  execute(parser: number, chunk: Uint8Array, events: MessageEvents): number {
    this.#makeRoom(chunk.length);
    this.#view.set(chunk);
    this.#events = events;
    const code = this.#wasm.llhttp_execute(parser, this.#input, chunk.length);
    this.#events = undefined;
    return code;
  }

  /** After `execute` has stopped: how many bytes of the chunk were used. */
  used(parser: number): number {
    return this.#wasm.llhttp_get_error_pos(parser) - this.#input;
  }

  /** Tells that no bytes will follow. */
  finish(parser: number, events: MessageEvents): number {
    this.#events = events;
    const code = this.#wasm.llhttp_finish(parser);
    this.#events = undefined;
    return code;
  }

  /** The request's method, where it is one of the frequent ones. */
  method(parser: number): string | undefined {
    return METHODS[this.#wasm.llhttp_get_method(parser)];
  }

  /** Growing the memory, here or for a new parser, detaches every view on it. */
  #makeRoom(length: number): void {
    if (length > this.#size) {
      this.#wasm.free(this.#input);
      this.#input = this.#wasm.malloc(length);
      this.#size = length;
    } else if (this.#view.buffer === this.#wasm.memory.buffer) return;
    this.#view = new Uint8Array(this.#wasm.memory.buffer, this.#input, this.#size);
  }
}

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer };
  _initialize(): void;
  malloc(size: number): number;
  free(pointer: number): void;
  llhttp_alloc(type: number): number;
  llhttp_free(parser: number): void;
  llhttp_reset(parser: number): void;
  llhttp_execute(parser: number, input: number, length: number): number;
  llhttp_finish(parser: number): number;
  llhttp_get_error_pos(parser: number): number;
  llhttp_get_method(parser: number): number;
}

/** Node has it; the compiler's library keeps it with the browser's. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: Exports };
};
