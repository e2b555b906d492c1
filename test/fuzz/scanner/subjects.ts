/** What is compared with the reference: every way in which the gateway reads a message. Another one is a line in this table. */
import { Skim } from '../../../src/kernel/skim/skim.ts';
import { readIncoming, readReply, REPLY, REQUEST, type Message } from '../../../src/protocol/jsonrpc.ts';
import type { Layout } from './envelope.ts';

export interface Subject {
  readonly name: string;
  readonly read: (bytes: Uint8Array, maxDepth: number) => Message;
  /** Slot number of each member that it looks for, by the member's joined path. */
  readonly slots: ReadonlyMap<string, number>;
  readonly layout: Layout;
  /** Refuses what is no JSON. One that only skims is held to texts that are. */
  readonly isStrict: boolean;
}

const META = 'io.modelcontextprotocol/';

export const INCOMING: Layout = {
  strict: ['', 'params'],
  members: {
    jsonrpc: null,
    id: null,
    method: null,
    result: null,
    error: null,
    params: {
      name: null,
      uri: null,
      arguments: null,
      cursor: null,
      requestState: null,
      inputResponses: null,
      _meta: {
        [`${META}protocolVersion`]: null,
        [`${META}clientCapabilities`]: null,
        [`${META}clientInfo`]: null,
        [`${META}logLevel`]: null,
        progressToken: null,
      },
    },
  },
};

const ANSWER: Layout = {
  strict: [''],
  members: {
    jsonrpc: null,
    id: null,
    method: null,
    params: { progressToken: null, progress: null, message: null, level: null, uri: null },
    result: {
      resultType: null,
      isError: null,
      structuredContent: null,
      content: null,
      requestState: null,
      ttlMs: null,
      cacheScope: null,
    },
    error: { code: null },
  },
};

const incomingSlots = new Map<string, number>([
  ['jsonrpc', REQUEST.jsonrpc],
  ['id', REQUEST.id],
  ['method', REQUEST.method],
  ['params', REQUEST.params],
  ['params name', REQUEST.name],
  ['params uri', REQUEST.uri],
  ['params _meta', REQUEST.meta],
  [`params _meta ${META}protocolVersion`, REQUEST.version],
  [`params _meta ${META}clientCapabilities`, REQUEST.capabilities],
  [`params _meta ${META}clientInfo`, REQUEST.clientInfo],
  [`params _meta ${META}logLevel`, REQUEST.logLevel],
  ['params _meta progressToken', REQUEST.progressToken],
  ['params arguments', REQUEST.arguments],
  ['params cursor', REQUEST.cursor],
  ['params requestState', REQUEST.requestState],
  ['params inputResponses', REQUEST.inputResponses],
  ['result', REQUEST.result],
  ['error', REQUEST.error],
]);

const answerSlots = new Map<string, number>([
  ['jsonrpc', REPLY.jsonrpc],
  ['id', REPLY.id],
  ['method', REPLY.method],
  ['params', REPLY.params],
  ['params progressToken', REPLY.progressToken],
  ['params progress', REPLY.progress],
  ['params message', REPLY.message],
  ['params level', REPLY.level],
  ['params uri', REPLY.uri],
  ['result', REPLY.result],
  ['result resultType', REPLY.resultType],
  ['result isError', REPLY.isError],
  ['result structuredContent', REPLY.structured],
  ['result content', REPLY.content],
  ['result requestState', REPLY.requestState],
  ['result ttlMs', REPLY.ttlMs],
  ['result cacheScope', REPLY.cacheScope],
  ['error', REPLY.error],
  ['error code', REPLY.errorCode],
]);

/** Of every length, though short texts are not worth it. */
const skim = new Skim(0);

export const subjects: readonly Subject[] = [
  { name: 'readIncoming', read: readIncoming, slots: incomingSlots, layout: INCOMING, isStrict: true },
  { name: 'readReply', read: readReply, slots: answerSlots, layout: ANSWER, isStrict: true },
  {
    name: 'readIncoming in wasm',
    read: (bytes, depth) => readIncoming(bytes, depth, skim.strict),
    slots: incomingSlots,
    layout: INCOMING,
    isStrict: true,
  },
  {
    name: 'readReply skimmed',
    read: (bytes, depth) => readReply(bytes, depth, skim.scan),
    slots: answerSlots,
    layout: ANSWER,
    isStrict: false,
  },
];
