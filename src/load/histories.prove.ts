import { expect, it } from 'vitest';
import { writeProof } from '../core/testing/proofs.ts';
import { blameNothing, SERVERS } from './testing/lawful.ts';

const SEEDS = 20;
const HISTORIES = 200;

it('no lawful server is blamed for anything in thousands of histories', () => {
  const rows = Object.keys(SERVERS).map((name) => {
    const row = {
      'a server …': name,
      histories: 0,
      deliveries: 0,
      'cut off': 0,
      'states checked': 0,
      'by what is in them': 0,
      'documents compared': 0,
    };
    for (let seed = 1; seed <= SEEDS; seed++) {
      const { histories, copies, cuts, checked, byContent, compared } = blameNothing(name, HISTORIES, seed);
      row.histories += histories;
      row.deliveries += copies;
      row['cut off'] += cuts;
      row['states checked'] += checked;
      row['by what is in them'] += byContent;
      row['documents compared'] += compared;
    }
    expect(row.histories).toBeGreaterThanOrEqual(SEEDS * HISTORIES);
    return row;
  });
  writeProof(
    'Lawful servers',
    'Users come, go and are cut off at random, in virtual time, on servers that give all of the protocol or leave parts of it out. None was blamed for anything: whatever is counted here is right.',
    rows,
  );
});
