import { expect, test } from 'vitest';
import { EXIT } from '../core/errors.ts';
import { damageWords } from './figures.ts';
import { junit } from './junit.ts';
import { markdown } from './markdown.ts';
import { terminal } from './terminal.ts';
import { passingRun } from './fixtures/run.ts';

const PLAIN = { colour: false, unicode: true, exit: EXIT.pass };
test('what is wrong with a journal stands on the screen, in the summary and in JUnit', () => {
  const run = { ...passingRun(), damage: ['line 7 is damaged', 'nothing of the run is missing'] };
  const words = 'Its journal: line 7 is damaged; nothing of the run is missing.';
  expect(damageWords(run)).toBe(words);
  expect(terminal(run, PLAIN)).toContain(` note   ${words}\n`);
  expect(markdown(run)).toContain(`\n\n${words}\n\n`);
  expect(junit(run)).toContain(`${words}</system-out>`);
  for (const whole of [terminal(passingRun(), PLAIN), markdown(passingRun()), junit(passingRun())]) {
    expect(whole).not.toContain('journal');
  }
});
