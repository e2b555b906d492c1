/** The whole table, in the order in which a request meets what is tested: wire, text, message, protocol. */
import type { CaseClass } from './case.ts';
import {
  expectations,
  halfRequests,
  otherProtocols,
  pipelining,
  planes,
  slowness,
  unknownRoutes,
} from './cases/connection.ts';
import { acceptance, contentCoding, fieldGrammar, headSizes, mediaTypes, singleFields } from './cases/fields.ts';
import { chunks, contentLength, smuggling, trailers, transferEncoding } from './cases/framing.ts';
import { foreignHosts, hostForms, origins, preflights, rewritten } from './cases/host.ts';
import { jsonDepth, jsonGrammar, jsonKeys, jsonNumbers, jsonStrings, prototypeKeys } from './cases/json.ts';
import { batches, ids, messages } from './cases/jsonrpc.ts';
import { mirroredArguments, mirroredHeaders } from './cases/mirrored.ts';
import { methods, requestLine, targets, versions } from './cases/request-line.ts';
import { lastEventIds, lifecycle, sessionIds, sessionRequests, sessionVersions } from './cases/sessions.ts';
import { ssePaths } from './cases/sse.ts';
import { cursors, inputResponses, states } from './cases/states.ts';
import { envelopes, methodsOfOthers, notes, strangeParams } from './cases/stateless.ts';
import { handshakes } from './cases/tls.ts';

export const table: readonly CaseClass[] = [
  requestLine,
  versions,
  methods,
  targets,
  unknownRoutes,
  planes,
  hostForms,
  foreignHosts,
  origins,
  preflights,
  rewritten,
  fieldGrammar,
  singleFields,
  headSizes,
  contentLength,
  transferEncoding,
  chunks,
  trailers,
  smuggling,
  expectations,
  pipelining,
  slowness,
  halfRequests,
  otherProtocols,
  mediaTypes,
  acceptance,
  contentCoding,
  jsonGrammar,
  jsonStrings,
  jsonNumbers,
  jsonDepth,
  jsonKeys,
  prototypeKeys,
  messages,
  ids,
  batches,
  envelopes,
  mirroredHeaders,
  mirroredArguments,
  methodsOfOthers,
  strangeParams,
  notes,
  states,
  inputResponses,
  cursors,
  sessionIds,
  lastEventIds,
  sessionVersions,
  lifecycle,
  sessionRequests,
  ssePaths,
  handshakes,
];
