/** The battery as it is run: the whole table or a part of it, and what is printed. */
import type { CaseClass } from './case.ts';
import { examine } from './examination.ts';
import { compare } from './nginx.ts';
import { table } from './table.ts';

export interface Options {
  readonly small: boolean;
  /** Part of the name of a class and case, `class / case`. */
  readonly only: string;
  readonly tell: (line: string) => void;
}

export interface Report {
  readonly holds: boolean;
  readonly figures: Readonly<Record<string, unknown>>;
}

export async function check({ small, only, tell }: Options): Promise<Report> {
  const classes = chosen(only);
  const examined = await examine(classes, { small, tell }, async (listeners) => {
    const listener = listeners.find(({ name }) => name === 'health');
    if (!small && listener) await compare(classes, { listener, tell });
  });
  const { cases, wrong, notApplicable, listeners, trials, upstreamSeen, processes } = examined;
  for (const { class: name, case: one, listener, why } of notApplicable)
    tell(`  not on ${listener}: ${one === undefined ? name : `${name} / ${one}`}, as ${why}`);
  const [first] = processes;
  return {
    holds: wrong.length === 0,
    figures: {
      cases,
      classes: examined.classes,
      wrong,
      trials,
      listeners,
      upstreamSeen,
      rssMb: first?.rssMb,
      descriptors: first?.descriptors,
      processes,
    },
  };
}

/** The classes, or what of them has this in its name. */
export function chosen(only: string): readonly CaseClass[] {
  return table.flatMap((each) => {
    const cases = each.cases.filter(({ name }) => `${each.name} / ${name}`.includes(only));
    return cases.length > 0 ? [{ ...each, cases }] : [];
  });
}
