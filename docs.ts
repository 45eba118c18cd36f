/**
 * Writes what stands in the docs and in the code alike, out of the code: between `<!-- NAME -->` and `<!-- / -->`.
 * With `--check` nothing is written, and a file that differs is an error.
 */
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { benchTable, figures } from './bench/figures.ts';
import { FAULTS } from './server/faults.ts';
import { LIMITS } from './server/limits.ts';
import { COMMANDS } from './src/cli/commands.ts';
import { defaultOf, optionHead, optionsOf } from './src/cli/help.ts';
import { COMMAND_NAMES, type CommandName } from './src/cli/option.ts';
import { EXIT_MEANING } from './src/core/errors.ts';
import {
  aboutMetric,
  COUNTER_NAMES,
  GAUGE_NAMES,
  RATE_NAMES,
  TREND_NAMES,
  unitOf,
  type MetricName,
} from './src/core/metrics.ts';
import { listScenarios } from './src/engine/loader.ts';
import { GUIDE } from './src/checks/guide.ts';
import { LAYERS } from './src/checks/step.ts';
import { STEPS } from './src/checks/steps.ts';
import { JUDGES } from './src/judges/index.ts';
import { matrixTable } from './src/matrix/page.ts';
import { CLOSE_CODES } from './src/protocol/close-codes.ts';

const root = import.meta.dirname;

const cell = (text: string): string =>
  text.replaceAll('|', '\\|').replaceAll(/[<>]/g, (sign) => (sign === '<' ? '&lt;' : '&gt;'));
const code = (text: string): string => `\`${text.replaceAll('|', '\\|')}\``;

function table(head: string[], rows: string[][]): string {
  const line = (cells: string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function options(command: CommandName): string {
  const rows = optionsOf(command).flatMap(([, all]) =>
    all.map(([name, option]) => {
      const usual = defaultOf(option);
      const plain = option.value !== undefined && option.initial === undefined;
      const about = option.env ? `${option.about}; or ${option.env}` : option.about;
      const shown = usual === undefined ? '' : plain ? cell(usual) : code(usual);
      return [code(optionHead(name, option)), shown, cell(about)];
    }),
  );
  return table(['option', 'default', 'what it is for'], rows);
}

const metrics = (names: readonly MetricName[]): string =>
  table(
    ['metric', 'unit', 'meaning'],
    names.map((name) => [code(name), unitOf(name), cell(aboutMetric(name))]),
  );

const BLOCKS: Record<string, () => string | Promise<string>> = {
  commands: () =>
    table(
      ['command', 'what it does'],
      COMMAND_NAMES.map((name) => [code(COMMANDS[name].usage), COMMANDS[name].about]),
    ),
  'options of run': () => options('run'),
  'options of watch': () => options('watch'),
  'options of report': () => options('report'),
  'options of serve': () => options('serve'),
  'exit codes': () =>
    table(
      ['code', 'meaning'],
      Object.entries(EXIT_MEANING).map(([number, meaning]) => [code(number), meaning]),
    ),
  trends: () => metrics(TREND_NAMES),
  counters: () => metrics(COUNTER_NAMES),
  rates: () => metrics(RATE_NAMES),
  gauges: () => metrics(GAUGE_NAMES),
  steps: () =>
    table(
      ['layer', 'step', 'what a pass shows'],
      STEPS.map(({ layer, id, title }) => [`${LAYERS[layer].number} ${layer}`, code(id), cell(title)]),
    ),
  guide: () =>
    table(
      ['where', 'line of the guide', 'answered by'],
      GUIDE.map(({ part, line, steps, also }) => [
        part,
        cell(line),
        [steps.map(code).join(', '), ...(also === undefined ? [] : [also])].filter((text) => text !== '').join('; '),
      ]),
    ),
  'close codes': () =>
    table(
      ['code', 'what it means', 'in a Qt log', 'what is mostly behind it'],
      CLOSE_CODES.map(({ code: number, meaning, qt, cause }) => [code(String(number)), meaning, qt, cell(cause)]),
    ),
  'options of check': () => options('check'),
  judges: () =>
    table(
      ['judge', 'what a pass means'],
      JUDGES.map(({ name, about }) => [code(name), cell(about)]),
    ),
  faults: () =>
    table(
      ['fault', 'such as', 'what it does'],
      Object.entries(FAULTS).map(([name, { examples, about }]) => [
        code(name),
        examples.map(code).join(', '),
        cell(about),
      ]),
    ),
  limits: () =>
    table(
      ['limit', 'default', 'meaning'],
      LIMITS.map(({ name, shown, about }) => [code(`--${name}`), code(shown), cell(about)]),
    ),
  matrix: matrixTable,
  bench: benchTable,
  figures,
  scenarios: async () =>
    table(
      ['scenario', 'what its users do'],
      (await listScenarios()).map(({ spec }) => [code(spec.name), cell(spec.about)]),
    ),
};

const BLOCK = /<!-- (?<name>[a-z ]+) -->\n.*?<!-- \/ -->/gs;

async function rendered(text: string, file: string): Promise<string> {
  let result = text;
  for (const { 0: whole, groups } of text.matchAll(BLOCK)) {
    const name = groups!['name']!;
    const block = BLOCKS[name];
    if (!block) throw new Error(`${file} asks for ${name}, which nothing makes`);
    const content = await block();
    result = result.replace(whole, () => `<!-- ${name} -->\n${content}\n<!-- / -->`);
  }
  return result;
}

const files = [
  'README.md',
  'bench/README.md',
  ...readdirSync(`${root}/docs`)
    .filter((file) => file.endsWith('.md'))
    .map((file) => `docs/${file}`),
];
for (const file of files) {
  const text = readFileSync(`${root}/${file}`, 'utf8');
  const fresh = await rendered(text, file);
  if (fresh === text) continue;
  if (process.argv.includes('--check')) {
    process.stderr.write(`${file} is behind the code: npm run fix writes it anew\n`);
    process.exitCode = 1;
  } else writeFileSync(`${root}/${file}`, fresh);
}
