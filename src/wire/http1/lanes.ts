/** What the sockets of one pool share. */
import type { Time } from '../../kernel/time.ts';
import type { Dial, Origin } from './client.ts';
import type { Output } from './output.ts';
import type { ParserBounds, Parsers } from './parser.ts';

export interface Lanes {
  readonly origin: Origin;
  readonly dial: Dial;
  readonly parsers: Parsers;
  readonly output: Output;
  readonly time: Time;
  readonly bounds: ParserBounds & {
    readonly connectTimeoutMs: number;
    readonly firstByteTimeoutMs: number;
    readonly idleTimeoutMs: number;
  };
  tick: number;
}
