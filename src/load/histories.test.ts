import { describe, expect, it } from 'vitest';
import { blameNothing, givesStates, isOrdered, SERVERS } from './testing/lawful.ts';

describe.each(Object.keys(SERVERS))('a server %s', (name) => {
  it('is blamed for nothing, whoever comes, goes or is cut off, and however slow it is', () => {
    const { copies, cuts, reconnects, checked, byContent, compared } = blameNothing(name, 30, 1);
    if (isOrdered(name)) expect(checked).toBeGreaterThan(300);
    else if (givesStates(name)) expect(byContent).toBeGreaterThan(20);
    expect(copies).toBeGreaterThan(2000);
    expect(cuts).toBeGreaterThan(20);
    expect(reconnects).toBeGreaterThan(20);
    // Where the first version that is seen may not be the first, nobody knows what the document should be.
    if (name.endsWith('names none')) expect(compared).toBeLessThan(20);
    else expect(compared).toBeGreaterThan(10);
  });
});
