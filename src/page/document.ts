import type { Result } from '../result/result.ts';

/** What the page's program is fed, as JSON inside of the page; by its kind it knows what to show. */
export interface PageDocument {
  kind: 'run';
  result: Result;
  /** The zone in which the sentences of the result give times of day. */
  zone: { offset_min: number; name: string };
  curves: Curve[];
}

/** A trend's latency by percentile: `shares[i]` of all `total` took at most `values[i]` ms. */
export interface Curve {
  name: string;
  shares: number[];
  values: number[];
  total: number;
}
