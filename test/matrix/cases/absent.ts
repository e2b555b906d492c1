/** What is seen in a cell that cannot be: the server learns that it may not ask, says so, and nobody is asked. */
import type { Fields } from '../../fixtures/conformance/message.ts';
import { holds, textIn } from '../pair.ts';
import type { Pair } from '../pair.ts';

export async function absent(pair: Pair): Promise<void> {
  let asked = 0;
  // Others may ask over the same way.
  const answer = (_: string, params: Fields): undefined => {
    if (JSON.stringify(params).includes(`${pair.world.name} `)) asked += 1;
  };
  const { result, error } = await pair.call('ask', { how: 'once' }, { answer });
  holds(asked === 0, 'a question came');
  const text = result?.['isError'] === true ? textIn(result) : String(error?.message);
  holds(/declare|elicitation/u.test(text), `a tool that may not ask: ${JSON.stringify(result ?? error)}`);
}
