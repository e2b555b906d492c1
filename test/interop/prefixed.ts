/** One server behind the common endpoint, asked by its own names: what is sent gets the prefix, what is listed loses it. */
import type { Fields, Hop } from './clients.ts';

export function prefixed(hop: Hop, server: string): Hop {
  const prefix = `${server}__`;
  return {
    ...hop,
    async list() {
      const { tools } = (await hop.list()) as { tools: readonly Fields[] };
      return { tools: tools.map((tool) => ({ ...tool, name: String(tool['name']).replace(prefix, '') })) };
    },
    call: (asked, options) => hop.call({ ...asked, name: prefix + asked.name }, options),
    prompt: (named) => hop.prompt({ ...named, name: prefix + named.name }),
    complete: (completing) => hop.complete({ ...completing, prompt: prefix + completing.prompt }),
  };
}
