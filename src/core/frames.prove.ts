import { expect, it } from 'vitest';
import { FRAME_LAWS } from './testing/frame-laws.ts';
import { writeProof } from './testing/proofs.ts';

const CASES = 1_000_000;

it('a million streams of frames are read as the library reads them', () => {
  const rows = Object.entries(FRAME_LAWS).map(([law, hold]) => {
    const began = performance.now();
    const cases = Math.ceil(CASES / Object.keys(FRAME_LAWS).length);
    const { streams, frames, refused } = hold(cases);
    expect(streams).toBe(cases);
    return { 'frames …': law, streams, frames, refused, seconds: Math.round((performance.now() - began) / 1000) };
  });
  writeProof(
    'Frames',
    'Streams made at random, cut anywhere, read by our reader of frames and by the one of `ws`: the same messages, pings and pongs, and the same end.',
    rows,
  );
});
