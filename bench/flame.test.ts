import { expect, it } from 'vitest';
import { flameGraph, selfTimes, type Profile } from './flame.ts';

const node = (id: number, functionName: string, children: number[] = []): Profile['nodes'][number] => ({
  id,
  callFrame: { functionName, url: functionName.startsWith('(') ? '' : 'file:///a/worker.js', lineNumber: 9 },
  children,
});
const profile: Profile = {
  nodes: [node(1, '(root)', [2, 3]), node(2, '(idle)'), node(3, 'read<T>', [4]), node(4, 'check')],
  samples: [2, 3, 4, 4],
  timeDeltas: [1000, 10, 10, 20],
};

it('a profile’s shares are of the time in which anything was done', () => {
  expect(selfTimes(profile)).toEqual([
    { name: 'check worker.js:10', share: 0.75 },
    { name: 'read<T> worker.js:10', share: 0.25 },
  ]);
});

it('a flame graph has callers below, as wide as all they call, and names that are safe in it', () => {
  const svg = flameGraph(profile);
  expect(svg).toContain('<title>read&lt;T&gt; worker.js:10: 100.0 %</title>');
  expect(svg).toContain('<title>check worker.js:10: 75.0 %</title>');
  expect(svg).not.toContain('(idle)');
});
