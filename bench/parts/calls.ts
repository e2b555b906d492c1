/** CPU of one call, for each workload and subject. */
import { peakRssMb, resetPeak } from '../machine.ts';
import { figures, ratio } from '../report.ts';
import type { Figures } from '../report.ts';
import { measure } from '../rounds.ts';
import type { Plan, Round } from '../rounds.ts';
import type { Spread } from '../statistics.ts';
import { aim } from '../subjects/subject.ts';
import type { Aim, Subject } from '../subjects/subject.ts';
import { verify } from '../verify.ts';
import { toolCall } from '../workloads.ts';
import type { Workload } from '../workloads.ts';

export interface Calls {
  readonly figures: Readonly<Record<string, Figures>>;
  readonly ratios: Readonly<Record<string, Spread>>;
}

/** @param to `direct` is what the answers are compared with. */
export async function calls(
  workload: Workload,
  to: { readonly subjects: readonly Subject[]; readonly direct: Subject },
  how: { readonly plan: Plan; readonly tell: (text: string) => void },
): Promise<Calls> {
  const aims = to.subjects.map((subject) => aim(subject, workload));
  const reference = aim(to.direct, workload);
  const verified = async (): Promise<void> => {
    for (const each of aims) await verify(each, reference);
  };
  await verified();
  for (const { pid } of aims) resetPeak(pid);
  const loads = aims.map((each) => ({ ...each, call: toolCall(each.tool, 1, workload.arguments) }));
  const rounds = await measure(loads, how.plan, how.tell);
  await verified();
  const of = (name: string): readonly Round[] => rounds.get(name) ?? [];
  const measured = aims.map(({ name, pid }): [string, Figures] => [name, figures(of(name), peakRssMb(pid))]);
  return { figures: Object.fromEntries(measured), ratios: pairs(aims, workload.name, of) };
}

/** Everybody to nginx, and the gateway to what it was. */
function pairs(
  aims: readonly Aim[],
  workload: string,
  of: (name: string) => readonly Round[],
): Readonly<Record<string, Spread>> {
  const names = aims.map(({ name }) => name);
  const wanted = [
    ...names.filter((name) => name !== 'nginx' && name !== 'direct').map((name) => [name, 'nginx'] as const),
    ['gatehouse', 'against'] as const,
  ];
  const known = wanted.filter((pair) => pair.every((name) => names.includes(name)));
  return Object.fromEntries(
    known.map(([above, below]) => [`${above}/${below} ${workload}`, ratio(of(above), of(below))]),
  );
}
