import { describe, expect, it } from 'vitest';
import { builtUrl } from './programs.ts';
import { isOfFile } from './scenario-errors.ts';

const FILE = 'data:text/javascript;base64,AAAA';

function thrownAt(...frames: string[]): Error {
  const error = new Error('gone');
  error.stack = ['Error: gone', ...frames.map((frame) => `    at ${frame}`)].join('\n');
  return error;
}

describe('what nobody caught in a worker', () => {
  const tool = `Population.tick (${builtUrl('worker.js').href}:1:2)`;
  it.each([
    ['is the file’s where it stands in the trace', thrownAt(`Timeout (${FILE}:3:4)`, tool), FILE, true],
    ['is the file’s where nothing of this tool stands there', thrownAt('node:internal/fs:1:2'), FILE, true],
    ['is the file’s where it is no error', 'gone', FILE, true],
    ['is a defect where only this tool stands in the trace', thrownAt(tool), FILE, false],
    ['is a defect where the scenario comes with the tool', thrownAt('node:internal/fs:1:2'), tool, false],
  ])('%s', (_, thrown, url, expected) => {
    expect(isOfFile(thrown, url)).toBe(expected);
  });
});
