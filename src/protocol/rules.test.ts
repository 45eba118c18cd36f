import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { RULES, type RuleId } from './rules.ts';

const ids = Object.keys(RULES) as RuleId[];
const specification = readFileSync('docs/protocol.md', 'utf8');

/** Rules that no test of the contract quotes, each with the reason. */
const WITHOUT_CONTRACT_TEST: Partial<Record<RuleId, string>> = {};

const textOf = (folder: string): string =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.(ts|py|md)$/.test(file) && !file.includes('node_modules'))
    .map((file) => readFileSync(join(folder, file), 'utf8'))
    .join('\n');

describe('the rules of the protocol', () => {
  it.each(ids)('%s has a section in docs/protocol.md that opens with its sentence', (id) => {
    expect(specification).toContain(`\n### ${id}\n\n${RULES[id]}\n`);
  });

  test('no other has a section there', () => {
    expect([...specification.matchAll(/^### (P\d+)$/gm)].map(([, id]) => id)).toEqual(ids);
  });

  test('every rule that is quoted anywhere is one of them', () => {
    const text = ['server', 'src', 'bench', 'docs', 'scenarios'].map(textOf).join('\n');
    const quoted = new Set([...text.matchAll(/\bP\d+\b/g)].map(([id]) => id));
    expect(quoted.size).toBe(ids.length);
    for (const id of quoted) expect(ids).toContain(id);
  });

  it.each(ids)('%s has a test of the contract, or a reason for none', (id) => {
    const isTested = new RegExp(`'${id}( ext)?',`).test(textOf('server/contract'));
    expect(isTested).toBe(WITHOUT_CONTRACT_TEST[id] === undefined);
  });
});
