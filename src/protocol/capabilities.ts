/** What servers offer and clients can answer: joining many servers into one, and what of a client's claims may be told upstream. */
import { isObject, member, parseJson, type JsonObject } from '../kernel/json.ts';

/** Extensions that travel through a gateway without it taking part: apps are plain tools and resources to us. */
const RELAYED_EXTENSIONS = ['io.modelcontextprotocol/ui'];

const SERVER_FEATURES = ['tools', 'prompts', 'resources', 'completions', 'logging'] as const;

/** One view of several servers: a feature is there if any has it, a flag is true if any can keep its promise. */
export function joinCapabilities(all: readonly JsonObject[]): JsonObject {
  const joined: Record<string, unknown> = {};
  for (const capabilities of all) {
    for (const feature of SERVER_FEATURES) {
      const offered = member(capabilities, feature);
      if (isObject(offered)) joined[feature] = joinFlags(joined[feature], offered);
    }
    const extensions = relayedExtensions(member(capabilities, 'extensions'));
    if (extensions)
      joined['extensions'] = { ...(isObject(joined['extensions']) ? joined['extensions'] : {}), ...extensions };
  }
  return joined;
}

function joinFlags(before: unknown, offered: JsonObject): JsonObject {
  const flags: Record<string, unknown> = {};
  for (const flag of ['listChanged', 'subscribe']) {
    if (member(before, flag) === true || member(offered, flag) === true) flags[flag] = true;
  }
  return flags;
}

function relayedExtensions(extensions: unknown): JsonObject | undefined {
  if (!isObject(extensions)) return undefined;
  const kept = Object.entries(extensions).filter(([name]) => RELAYED_EXTENSIONS.includes(name));
  return kept.length > 0 ? Object.fromEntries(kept) : undefined;
}

/** What a client declared, cut to what a server behind us can really ask of it. */
export function relayable(declared: JsonObject): JsonObject {
  const kept: Record<string, unknown> = {};
  for (const feature of ['elicitation', 'sampling']) {
    const value = member(declared, feature);
    if (isObject(value)) kept[feature] = value;
  }
  // Changes of roots are told by nobody where each request stands for itself.
  if (isObject(member(declared, 'roots'))) kept['roots'] = {};
  const extensions = relayedExtensions(member(declared, 'extensions'));
  if (extensions) kept['extensions'] = extensions;
  return kept;
}

/** The same with what is said by saying nothing: plain `elicitation` is its form mode ("Elicitation", capabilities). */
export function answerable(declared: JsonObject): JsonObject {
  const able = relayable(declared);
  const elicitation = member(able, 'elicitation');
  if (!isObject(elicitation) || isObject(member(elicitation, 'url')) || isObject(member(elicitation, 'form')))
    return able;
  return { ...able, elicitation: { ...elicitation, form: {} } };
}

/** What a session with a server may be opened with at most, where nobody's roots can be told: as `offerable` writes it. */
export const EVERYTHING_BUT_ROOTS = '{"elicitation":{},"sampling":{"context":{},"tools":{}}}';

/**
 * What a session with a server is opened with for a client that can answer `able`: what is carried between the two, and nothing else. Equal
 * profiles are equal texts. `elicitation` without a mode is its form mode in every revision; the page that a person visits is not carried.
 */
export function offerable(able: string, { roots }: { readonly roots: boolean }): string {
  const declared = parseJson(able);
  const all = answerable(isObject(declared) ? declared : {});
  const offered: Record<string, unknown> = {};
  if (isObject(member(member(all, 'elicitation'), 'form'))) offered['elicitation'] = {};
  if (roots && isObject(member(all, 'roots'))) offered['roots'] = {};
  const sampling = member(all, 'sampling');
  if (isObject(sampling)) {
    const flags = ['context', 'tools'].filter((flag) => isObject(member(sampling, flag)));
    offered['sampling'] = Object.fromEntries(flags.map((flag) => [flag, {}]));
  }
  return JSON.stringify(offered);
}

/** The same for a client that said that it tells when its roots have changed. */
export const tellingRoots = (offered: string): string => offered.replace('"roots":{}', '"roots":{"listChanged":true}');

/** The capabilities that a client needs to answer one input request; `undefined` for something that is none. */
export function neededFor(request: unknown): JsonObject | undefined {
  const params = member(request, 'params');
  switch (member(request, 'method')) {
    case 'elicitation/create':
      return { elicitation: member(params, 'mode') === 'url' ? { url: {} } : { form: {} } };
    case 'sampling/createMessage':
      return {
        sampling:
          member(params, 'tools') === undefined && member(params, 'toolChoice') === undefined ? {} : { tools: {} },
      };
    case 'roots/list':
      return { roots: {} };
    default:
      return undefined;
  }
}

/** What of `required` a client did not declare; `undefined` when it declared all of it. */
export function undeclared(required: unknown, declared: JsonObject): JsonObject | undefined {
  if (!isObject(required)) return undefined;
  const missing = Object.entries(required).filter(([name, wanted]) => {
    const own = member(declared, name);
    if (!isObject(own)) return true;
    return (
      isObject(wanted) && undeclared(Object.fromEntries(Object.keys(wanted).map((key) => [key, {}])), own) !== undefined
    );
  });
  return missing.length > 0 ? Object.fromEntries(missing) : undefined;
}
