import { expect, it } from 'vitest';
import { closing } from './conversation.ts';
import { endingWords } from './ending.ts';

const said = (payload: number[]): string =>
  endingWords({ by: 'server', ...closing(Buffer.from(payload)), isAnswered: true }, {}, 0).split('. ')[0]!;

it.each<[string, number[], string]>([
  ['1006', [0x03, 0xee, 0x6e, 0x6f], 'the server closed with 1006 “no”: a close frame has the code 1006, which nobody'],
  ['5000', [0x13, 0x88], 'the server closed with 5000: a close frame has the code 5000, which nobody may send'],
  ['no text', [0x03, 0xe8, 0xff], 'the server closed with 1000 “\uFFFD”: the reason of a close frame is not UTF-8'],
  ['nothing', [], 'the server closed with 1005: closed without a code'],
  ['4008', [0x0f, 0xa8], 'the server closed with 4008: too slow'],
])('a close frame that says %s is told for what it is', (_what, payload, words) => {
  expect(said(payload)).toContain(words);
});
