/** One line of the table: what is measured here, beside what, and what was to be reached. */
export interface Row {
  group: string;
  figure: string;
  unit: string;
  /** Median over the rounds; absent where nothing could be measured, which `because` explains. */
  ours?: number;
  because?: string;
  /** Whom it stands beside. */
  beside?: string;
  yardstick?: number;
  /** Median of the rounds' ratios or differences, as `target` is stated. */
  compared?: string;
  target?: string;
  holds?: boolean;
  /** Ours and the yardstick's of each round. */
  rounds?: number[][];
}

/** What a group of rows is given: how long and how often to measure, and where to put what it finds. */
export interface Bench {
  rounds: number;
  seconds: number;
  add(row: Omit<Row, 'group'>): void;
  /** Something that could not be measured, and why. */
  absent(figure: string, because: string): void;
  /** Keeps in mind what says whether a run can be trusted. */
  trust(run: { wrong: number; confessed?: boolean; waited?: number }): void;
  say(text: string): void;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** A pair of each round: ours, the yardstick's. */
export type Pairs = readonly (readonly [ours: number, yardstick: number])[];

const pairRow = (figure: string, unit: string, beside: string, pairs: Pairs) => ({
  figure,
  unit,
  ours: median(pairs.map(([ours]) => ours)),
  beside,
  yardstick: median(pairs.map(([, yardstick]) => yardstick)),
  rounds: pairs.map((pair) => [...pair]),
});

/** Compared by their ratio; `most` or `least` is the target. */
export function ratioRow(
  figure: string,
  unit: string,
  beside: string,
  pairs: Pairs,
  target: { most?: number; least?: number } = {},
): Omit<Row, 'group'> {
  const ratio = median(pairs.map(([ours, yardstick]) => ours / yardstick));
  const { most, least } = target;
  return {
    ...pairRow(figure, unit, beside, pairs),
    compared: `${ratio.toFixed(2)} ×`,
    ...(most !== undefined && { target: `≤ ${most} ×`, holds: ratio <= most }),
    ...(least !== undefined && { target: `≥ ${least} ×`, holds: ratio >= least }),
  };
}

/** Compared by what is added. */
export function addedRow(
  figure: string,
  unit: string,
  beside: string,
  pairs: Pairs,
  most?: number,
): Omit<Row, 'group'> {
  const added = median(pairs.map(([ours, yardstick]) => ours - yardstick));
  return {
    ...pairRow(figure, unit, beside, pairs),
    compared: `${added < 0 ? '−' : '+'}${Math.abs(added).toFixed(2)} ${unit}`,
    ...(most !== undefined && { target: `≤ +${most} ${unit}`, holds: added <= most }),
  };
}

/** A figure with a target of its own. */
export function ownRow(
  figure: string,
  unit: string,
  values: readonly number[],
  target: { most?: number; least?: number } = {},
): Omit<Row, 'group'> {
  const ours = median(values);
  const { most, least } = target;
  return {
    figure,
    unit,
    ours,
    rounds: values.map((value) => [value]),
    ...(most !== undefined && { target: `≤ ${most.toLocaleString('en')} ${unit}`.trim(), holds: ours <= most }),
    ...(least !== undefined && { target: `≥ ${least.toLocaleString('en')} ${unit}`.trim(), holds: ours >= least }),
  };
}

interface Latencies {
  p50: number;
  p99: number;
  p999: number;
}

/** p50, p99 and p99.9, as added. */
export function latencyRows(
  where: string,
  beside: string,
  pairs: readonly (readonly [ours: Latencies, yardstick: Latencies])[],
  mostP99?: number,
): Omit<Row, 'group'>[] {
  return (['p50', 'p99', 'p999'] as const).map((name) =>
    addedRow(
      `broadcast latency ${name === 'p999' ? 'p99.9' : name}, ${where}`,
      'ms',
      beside,
      pairs.map(([ours, yardstick]) => [ours[name], yardstick[name]] as const),
      name === 'p99' ? mostP99 : undefined,
    ),
  );
}
