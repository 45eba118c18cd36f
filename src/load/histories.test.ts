import { describe, expect, it } from 'vitest';
import { blameNothing, givesStates, isOrdered, SERVERS } from './testing/lawful.ts';

describe.each(Object.keys(SERVERS))('a server %s', (name) => {
  it('is blamed for nothing, whoever comes, goes or is cut off, and however slow it is', () => {
    const { copies, cuts, reconnects, checked, byContent, compared } = blameNothing(name, 14, 1);
    if (isOrdered(name)) expect(checked).toBeGreaterThan(150);
    else if (givesStates(name)) expect(byContent).toBeGreaterThan(10);
    expect(copies).toBeGreaterThan(1000);
    expect(cuts).toBeGreaterThan(10);
    expect(reconnects).toBeGreaterThan(10);
    // Where the first version that is seen may not be the first, nobody knows what the document should be.
    if (name.endsWith('names none')) expect(compared).toBeLessThan(20);
    else expect(compared).toBeGreaterThan(5);
  });
});
