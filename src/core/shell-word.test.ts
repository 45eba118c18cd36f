import { expect, test } from 'vitest';
import { shellWord } from './shell-word.ts';

test.each([
  ['reports/latest', 'reports/latest'],
  ['grün/é.ndjson', 'grün/é.ndjson'],
  ['ws://host:1/ws', 'ws://host:1/ws'],
  ['my talk.ndjson', '"my talk.ndjson"'],
  ['C:\\a b\\c.ndjson', '"C:\\a b\\c.ndjson"'],
  ["it's.ndjson", '"it\'s.ndjson"'],
  ['node -e "x" {port}', `'node -e "x" {port}'`],
  ['a$b', "'a$b'"],
  [`it's "so"`, `'it'\\''s "so"'`],
  ['', '""'],
])('%s is typed as %s', (text, word) => expect(shellWord(text)).toBe(word));
