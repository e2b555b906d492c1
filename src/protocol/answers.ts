/**
 * Whether what a client answers to a server's question is an answer at all: its shape, and for a form what the form asked for (2026-07-28,
 * "Elicitation", "Sampling", "Roots"). What is wrong is said without repeating any of it.
 */
import { isObject, member, parseJson } from '../kernel/json.ts';
import { formProblem } from './forms.ts';

/** A short sentence for the client; `undefined` where nothing is wrong. @param json the result's JSON text. */
export function answerProblem(
  asked: { readonly method: string; readonly params: string },
  json: string,
): string | undefined {
  const result = parseJson(json);
  if (!isObject(result)) return 'The answer is no JSON object.';
  switch (asked.method) {
    case 'elicitation/create':
      return elicitationProblem(parseJson(asked.params), result);
    case 'sampling/createMessage':
      return samplingProblem(result);
    case 'roots/list':
      return rootsProblem(result);
    default:
      return 'Nothing was asked that has an answer.';
  }
}

function elicitationProblem(params: unknown, result: unknown): string | undefined {
  const action = member(result, 'action');
  const content = member(result, 'content') ?? undefined;
  if (action === 'decline' || action === 'cancel') {
    // Some clients send an empty form along.
    const isEmpty = content === undefined || (isObject(content) && Object.keys(content).length === 0);
    return isEmpty ? undefined : 'Only an answer whose action is "accept" has content.';
  }
  if (action !== 'accept') return 'The answer to an elicitation needs an action: "accept", "decline" or "cancel".';
  if (content !== undefined && !isObject(content)) return 'The content of the answer is no JSON object.';
  if (member(params, 'mode') === 'url') return undefined;
  return formProblem(member(params, 'requestedSchema'), content ?? {});
}

function samplingProblem(result: unknown): string | undefined {
  const role = member(result, 'role');
  if (role !== 'assistant' && role !== 'user') return 'The answer to sampling needs a role: "assistant" or "user".';
  if (typeof member(result, 'model') !== 'string') return 'The answer to sampling needs the name of its model.';
  const stopReason = member(result, 'stopReason');
  if (stopReason !== undefined && typeof stopReason !== 'string') return 'The stopReason of the answer is no string.';
  const content = member(result, 'content');
  const blocks: readonly unknown[] = Array.isArray(content) ? content : [content];
  return blocks.every(isBlock) ? undefined : 'The answer to sampling needs content: a block with a type, or several.';
}

/** Blocks of types that are not known here are the two peers' business. */
function isBlock(block: unknown): boolean {
  const type = member(block, 'type');
  if (type === 'text') return typeof member(block, 'text') === 'string';
  if (type === 'image' || type === 'audio')
    return typeof member(block, 'data') === 'string' && typeof member(block, 'mimeType') === 'string';
  return typeof type === 'string';
}

function rootsProblem(result: unknown): string | undefined {
  const roots = member(result, 'roots');
  if (!Array.isArray(roots)) return 'The answer to roots/list needs a list of roots.';
  for (const root of roots as readonly unknown[]) {
    const uri = member(root, 'uri');
    const name = member(root, 'name');
    if (typeof uri !== 'string' || !uri.startsWith('file://'))
      return 'Each root needs a uri that begins with "file://".';
    if (name !== undefined && typeof name !== 'string') return 'The name of a root is no string.';
  }
  return undefined;
}
