/** One family of figures as `/metrics` shows it. */

export type Labels = Readonly<Record<string, string>>;
/** One figure, or one for each set of labels; read when `/metrics` is asked for. */
export type Reading = number | readonly (readonly [Labels, number])[];

export interface Figure {
  readonly name: string;
  readonly type: 'gauge' | 'counter';
  readonly help: string;
  readonly reading: Reading;
}
