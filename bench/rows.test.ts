import { describe, expect, it } from 'vitest';
import { addedRow, median, ownRow, ratioRow } from './rows.ts';
import { markdownTable, type Results } from './table.ts';

describe('a row', () => {
  it('compares in each round, and takes the median of that: not the ratio of two medians', () => {
    const row = ratioRow(
      'CPU',
      'µs',
      'C client',
      [
        [2, 1],
        [9, 3],
        [4, 4],
      ],
      { most: 1.5 },
    );
    expect(row).toMatchObject({ ours: 4, yardstick: 3, compared: '2.00 ×', target: '≤ 1.5 ×', holds: false });
  });

  it('tells what is added, below the yardstick too', () => {
    expect(addedRow('p99', 'ms', 'C client', [[1, 2]], 0.5)).toMatchObject({ compared: '−1.00 ms', holds: true });
    expect(addedRow('p99', 'ms', 'C client', [[3, 2]], 0.5)).toMatchObject({ compared: '+1.00 ms', holds: false });
  });

  it('holds a least as well as a most, and nothing where there is no target', () => {
    expect(ownRow('connects', '', [9000], { least: 8000 })).toMatchObject({ holds: true, target: '≥ 8,000' });
    expect(ownRow('memory', 'KB', [6], { most: 5 })).toMatchObject({ holds: false, target: '≤ 5 KB' });
    expect(ownRow('deliveries', '', [6])).not.toHaveProperty('holds');
  });

  it('takes the mean of the middle two of an even number', () => {
    expect(median([4, 1, 3, 2])).toBe(2.5);
  });
});

describe('the table', () => {
  const results: Results = {
    machine: '2 × CPU',
    date: '2026-11-23',
    rounds: 5,
    seconds: 2,
    waited: 0.3,
    wrong: 0,
    confessed: 1,
    runs: 10,
    rows: [
      { group: 'cpu', ...ratioRow('CPU', 'µs', 'C client', [[2, 1]], { most: 1.5 }) },
      { group: 'peers', figure: 'beside k6', unit: '', because: 'not installed here' },
    ],
  };

  it('says what does not hold, and what could not be measured and why', () => {
    const table = markdownTable(results);
    expect(table).toContain('| CPU | 2 µs | C client: 1 | 2.00 × | ≤ 1.5 × | **no** |');
    expect(table).toContain('| beside k6 | not installed here |  |  |  |  |');
  });

  it('says that the machine was busy, and survives being kept as JSON', () => {
    const kept = JSON.parse(JSON.stringify(results)) as Results;
    expect(markdownTable(kept)).toBe(markdownTable(results));
    expect(markdownTable(kept)).toContain('others were using the machine');
  });
});
