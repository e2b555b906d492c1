/** The usual source: a gatehouse.yaml and what it includes and refers to. */
import type { Time } from '../kernel/time.ts';
import { certificateWarnings, readCertificates } from './certificates.ts';
import { noReads } from './files.ts';
import { gather } from './includes.ts';
import { interpolate, references } from './references.ts';
import type { Variables } from './references.ts';
import { interpret } from './interpret.ts';
import type { ConfigSource } from './source.ts';
import { Loss } from './loss.ts';
import { FileWatch } from './watch.ts';

/** @param file as the user named it; problems show it like that. */
export function fileSource(file: string, variables: Variables, time: Time): ConfigSource {
  const watch = new FileWatch(time);
  const loss = new Loss();
  return {
    async load() {
      const reads = noReads();
      const { tree, keys, problems } = await gather(file, reads);
      const lost = loss.problems({ tree, keys });
      const missing = await interpolate(tree, references(variables, reads));
      const unread = await readCertificates(tree, reads);
      watch.follow(reads);
      // what could not be read as YAML would only look as if keys were missing
      const result = interpret(tree, [...problems, ...missing, ...unread, ...lost], variables);
      if (!result.ok) return result;
      loss.remember({ tree, keys });
      return { ...result, warnings: [...result.warnings, ...certificateWarnings(result.settings, time.now())] };
    },
    watch: (onChange) => watch.listen(onChange),
  };
}
