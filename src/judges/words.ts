import type { Violation } from '../core/record.ts';
import type { Measured } from '../result/measured.ts';
import type { Evidence } from '../result/result.ts';

/** How verdicts say things. */

/** `736,862` */
export const number = (count: number): string => count.toLocaleString('en-US');

/** `1 change`, `3 changes` */
export const counted = (count: number, one: string, many = `${one}s`): string =>
  `${number(count)} ${count === 1 ? one : many}`;

/** Three digits that matter: `143 ms`, `1.92 ms`, `0.408 ms`. */
export const milliseconds = (ms: number): string => `${number(Number(ms.toPrecision(3)))} ms`;

/** `1.1 %` */
export const percent = (share: number): string => `${Number((share * 100).toPrecision(2))} %`;

/** The time of day at which something happened, as the clock of this machine and the server's log show it. */
export const clock = (measured: Measured, at_ms: number): string =>
  new Date(Date.parse(measured.run.started_at) + at_ms).toTimeString().slice(0, 8);

/** `a`, `a and b`, `a, b and c` */
export const list = (words: readonly string[]): string =>
  words.length < 2 ? (words[0] ?? '') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;

export const capitalised = (words: string): string => words.charAt(0).toUpperCase() + words.slice(1);

/** What came over the wire, fit to stand in a sentence. */
export const quoted = (wire: string): string => `"${wire.replaceAll(/[\p{Cc}\p{Cf}]/gu, '\uFFFD').slice(0, 80)}"`;

/** Ten examples at most, every kind among them where there are several. */
export function evidenceOf(measured: Measured, kinds: readonly Violation[]): { evidence?: Evidence[] } {
  const byKind = kinds.map((kind) => measured.examples.filter((example) => example.kind === kind));
  const evidence: Evidence[] = [];
  for (let round = 0; evidence.length < 10 && byKind.some((examples) => examples.length > round); round++) {
    for (const examples of byKind) if (examples[round] && evidence.length < 10) evidence.push(examples[round]!);
  }
  return evidence.length > 0 ? { evidence } : {};
}

/** When the first of the examples happened: `, the first at 20:48:24`. */
export function since(measured: Measured, kinds: readonly Violation[]): string {
  const times = measured.examples.flatMap(({ kind, due_ms, at_ms }) =>
    kinds.includes(kind) ? (due_ms ?? at_ms ?? []) : [],
  );
  return times.length > 0 ? `, the first at ${clock(measured, Math.min(...times))}` : '';
}
