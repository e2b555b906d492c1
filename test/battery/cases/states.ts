/**
 * State that a call brings back, and cursors: good for the caller, the endpoint and the request that they were given to, until they expire.
 * Whatever is wrong with one, it is told the same; the call that waits still waits, and ends with its own answer afterwards.
 */
import { fault, type Case, type CaseClass, type Gets } from '../case.ts';
import { asked, cursored, listed, stateful } from '../writing.ts';

const PARAMS = -32_602;
const ROUNDS = 'MCP 2026-07-28 Multi round-trip requests';
const REFUSED: Gets = {
  is: 'fault',
  status: 200,
  code: PARAMS,
  id: '"{nonce}"',
  says: 'params.requestState is not one that was given out here.',
};
export const DONE: Gets = { is: 'served', id: '"{nonce}"', shows: '{nonce} is {\\"name\\":\\"n-{nonce}\\"}' };
const AGAIN: Gets = { is: 'served', id: '"{nonce}"', shows: '"input_required"' };

const ANSWER = '"inputResponses":{"{key}":{"action":"accept","content":{"name":"n-{nonce}"}}},';
const SERVED = ANSWER.replace('{key}', 'r1_1').replace('n-{nonce}', 'n-{nonce}-served');
const bringing = (state: string, answers = ANSWER): string => `${answers}"requestState":${state},`;
/** A call that brings what it was given. */
export const GENUINE = stateful(asked(bringing('"{state}"')));

/** Each is followed by what is right, which must still be so. */
const one = (name: string, sends: string, more: Partial<Case> = {}): Case => ({
  name,
  follows: ROUNDS,
  sends: [sends, GENUINE],
  gets: [REFUSED],
  leaves: 'kept',
  further: [[DONE]],
  routes: 'every',
  ...more,
});
/** Alone. */
export const LARGE: Pick<Case, 'sends' | 'gets'> = {
  sends: stateful(asked(`"requestState":"${'a'.repeat(1_000_000)}",`)),
  gets: [REFUSED],
};

const brought = (name: string, state: string, more: Partial<Case> = {}): Case =>
  one(name, stateful(asked(bringing(state))), more);

export const states: CaseClass = {
  name: 'states',
  only: 'data-callers',
  cases: [
    brought('forged', '"AAAA"'),
    brought('one letter short', '"{cut}"'),
    brought('one bit changed', '"{flipped}"'),
    brought('something behind', '"{state}A"'),
    brought('padded as other alphabets are', '"{state}="'),
    brought('a line end in it', '"{state}\\n"'),
    brought('twice in one', '"{state}{state}"'),
    brought('empty', '""'),
    brought('a number', '1'),
    brought('null', 'null'),
    brought('true', 'true'),
    brought('an object', '{"state":"{state}"}'),
    brought('a list', '["{state}"]'),
    brought('the name of a prototype', '"__proto__"'),
    brought('of 70,000 letters', `"${'a'.repeat(70_000)}"`),
    brought('of 1,000,000 letters', `"${'a'.repeat(1_000_000)}"`, { routes: 'first' }),
    brought('ours, and 1,000,000 letters', `"{state}${'a'.repeat(1_000_000)}"`, { routes: 'first' }),
    one("another caller's", stateful(asked(bringing('"{state}"')), { caller: 'X-Test-Caller: {stranger}\n' })),
    one("nobody's", stateful(asked(bringing('"{state}"')), { caller: '' })),
    one('with other arguments', stateful(asked(bringing('"{state}"'), '{"secret":"{nonce}-other"}'))),
    one('with an argument more', stateful(asked(bringing('"{state}"'), '{"secret":"{nonce}","x":1}'))),
    one('with no arguments', stateful(asked(bringing('"{state}"'), '{}'))),
    one('with a member of params more', stateful(asked(`${bringing('"{state}"')}"task":{},`))),
    one("another call's of the same caller", stateful(asked(bringing('"{sibling}"')))),
    {
      ...one('given out where all share an address', ''),
      sends: [
        stateful(asked(bringing('"{merged}"'), '{"secret":"{nonce}-merged"}', 'ask'), {
          path: '/servers/asking/mcp',
          name: 'ask',
        }),
        GENUINE,
      ],
    },
    {
      ...one("given out at the server's own address", ''),
      sends: [
        stateful(asked(bringing('"{served}"'), '{"secret":"{nonce}-served"}', 'asking__ask'), {
          path: '/mcp',
          name: 'asking__ask',
        }),
        GENUINE,
      ],
    },
    {
      ...brought('that nobody came back with in time', '"{expired}"'),
      sends: [stateful(asked(bringing('"{expired}"')))],
      further: [],
      routes: 'first',
    },
    {
      ...one('once more after its end, with other arguments', GENUINE),
      sends: [GENUINE, stateful(asked(bringing('"{state}"'), '{"secret":"{nonce}-other"}'))],
      gets: [DONE],
      further: [[REFUSED]],
    },
    {
      ...one('once more after its end, as it was', GENUINE),
      sends: [GENUINE, GENUINE],
      gets: [DONE],
      further: [[DONE]],
    },
    {
      ...one('once more after its end, of another caller', GENUINE),
      sends: [GENUINE, stateful(asked(bringing('"{state}"')), { caller: 'X-Test-Caller: {stranger}\n' })],
      gets: [DONE],
      further: [[REFUSED]],
    },
    {
      ...one("at the other name of the server's own address, which is the same", ''),
      sends: stateful(asked(bringing('"{served}"', SERVED), '{"secret":"{nonce}-served"}', 'ask'), {
        path: '/adapters/asking/mcp',
        name: 'ask',
      }),
      gets: [{ ...DONE, shows: 'n-{nonce}-served' }],
      further: [],
      routes: 'first',
    },
  ],
};

const answers = (name: string, text: string, more: Partial<Case> = {}): Case =>
  one(name, stateful(asked(bringing('"{state}"', `"inputResponses":${text},`))), {
    gets: [fault(200, PARAMS)],
    ...more,
  });
const form = (name: string, text: string): Case => answers(name, `{"{key}":${text}}`);
const left = { gets: [AGAIN] };

export const inputResponses: CaseClass = {
  name: 'answers',
  only: 'data-callers',
  cases: [
    answers('a list', '[1]'),
    answers('a text', '"{key}"'),
    answers('null', 'null'),
    answers('a number', '1'),
    answers('an answer that is null', '{"{key}":null}'),
    answers('an answer that is a list', '{"{key}":[]}'),
    answers('an answer that is a text', '{"{key}":"accept"}'),
    answers('none', '{}', left),
    answers('to nothing that was asked', '{"other":{"action":"accept","content":{"name":"x"}}}', left),
    answers('under the name of a prototype', '{"__proto__":{"action":"accept","content":{"name":"x"}}}', left),
    answers('of a round to come', '{"r2_1":{"action":"accept","content":{"name":"x"}}}', left),
    answers('10,000 of them', `{${Array.from({ length: 10_000 }, (_, i) => `"k${i}":{}`).join()}}`, left),
    form('no action', '{}'),
    form('an action that does not exist', '{"action":"maybe"}'),
    form('an action that is an object', '{"action":{}}'),
    form('an accepted form without its content', '{"action":"accept"}'),
    form('content that is a list', '{"action":"accept","content":[]}'),
    form('content that is a text', '{"action":"accept","content":"n"}'),
    form('a member that is missing', '{"action":"accept","content":{"age":1}}'),
    form('a member of another type', '{"action":"accept","content":{"name":1}}'),
    form('another member of another type', '{"action":"accept","content":{"name":"n","age":1.5}}'),
    form('a member that is null', '{"action":"accept","content":{"name":null}}'),
    form('a member that is an object', '{"action":"accept","content":{"name":{"a":1}}}'),
    form('a member that is too long', `{"action":"accept","content":{"name":"${'n'.repeat(41)}"}}`),
    form('a member of 100,000 letters', `{"action":"accept","content":{"name":"${'n'.repeat(100_000)}"}}`),
    form('content with a refusal', '{"action":"decline","content":{"name":"n"}}'),
    form('an error', '{"error":{"code":-1,"message":"no"}}'),
    form('nested 60 deep', `{"action":"accept","content":{"name":${'['.repeat(50)}${']'.repeat(50)}}}`),
    answers(
      'nested 3,000 deep',
      `{"{key}":{"action":"accept","content":{"name":${'['.repeat(3000)}${']'.repeat(3000)}}}}`,
      { gets: [fault(400, -32_700, 'none')] },
    ),
  ],
};

const INVALID: Gets = { is: 'fault', status: 200, code: PARAMS, id: '"{nonce}"', says: 'Invalid cursor.' };
const GENUINE_PAGE = listed(cursored('"cursor":"{cursor}",'), {});

const page = (name: string, cursor: string, how: Parameters<typeof listed>[1] = {}): Case => ({
  name,
  follows: 'MCP 2026-07-28 Pagination',
  sends: [listed(cursored(`"cursor":${cursor},`), how), GENUINE_PAGE],
  gets: [INVALID],
  leaves: 'kept',
  further: [[{ is: 'served', id: '"{nonce}"', shows: '"resources":[{' }]],
});

export const cursors: CaseClass = {
  name: 'cursors',
  only: 'data-callers',
  cases: [
    page('forged', '"AAAA"'),
    page('one letter short', '"{cutcursor}"'),
    page('one bit changed', '"{flippedcursor}"'),
    page('something behind', '"{cursor}A"'),
    page('padded', '"{cursor}="'),
    page('empty', '""'),
    page('a number', '1000'),
    page('null', 'null'),
    page('an object', '{}'),
    page('a list', '["{cursor}"]'),
    page('of 70,000 letters', `"${'a'.repeat(70_000)}"`),
    page('of 1,000,000 letters', `"${'a'.repeat(1_000_000)}"`),
    page("another caller's", '"{cursor}"', { caller: 'X-Test-Caller: {stranger}\n' }),
    page("another list's", '"{cursor}"', { method: 'tools/list' }),
    page("another endpoint's", '"{servedcursor}"'),
    page('at another endpoint', '"{mergedcursor}"', { path: '/servers/echo/mcp' }),
    page('a state', '"{state}"'),
  ],
};
