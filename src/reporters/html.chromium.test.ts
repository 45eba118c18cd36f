import { execFile } from 'node:child_process';
import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Result } from '../result/result.ts';
import type { PageAssets } from './assets.ts';
import { failingCheck } from './fixtures/check.ts';
import { failingRun, fixturePlan, passingRun } from './fixtures/run.ts';
import { documentOf, renderPage } from './html.ts';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

const browser = (process.env.PATH ?? '')
  .split(delimiter)
  .flatMap((folder) => NAMES.map((name) => join(folder, name)))
  .find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });

const FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run']
  .concat([
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--disable-dev-shm-usage',
  ])
  .concat(['--enable-logging=stderr', '--v=0', '--virtual-time-budget=4000', '--window-size=1100,900']);

/** Put before the page's program: tells in the document what went wrong, and what was asked of the network. */
const WITNESS = `
const said = [];
const tell = (text) => { said.push(text); document.documentElement.dataset.trouble = said.join(' | '); };
addEventListener('error', (event) => tell('error ' + event.message));
addEventListener('securitypolicyviolation', (event) => tell('policy ' + event.violatedDirective + ' ' + event.blockedURI));
for (const level of ['error', 'warn']) { const before = console[level]; console[level] = (...all) => { tell(level + ' ' + all.join(' ')); before(...all); }; }
addEventListener('load', () => setTimeout(() => {
  const charts = [...document.querySelectorAll('.plot canvas')];
  const drawn = (canvas) => canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.some((value) => value !== 0);
  document.documentElement.dataset.charts = charts.length + ' of which ' + charts.filter(drawn).length + ' drawn';
  document.documentElement.dataset.fetched = performance.getEntriesByType('resource').map(({ name }) => name).join(' ');
  document.documentElement.dataset.wide = String(document.documentElement.scrollWidth > innerWidth);
  document.documentElement.dataset.cut = [...document.querySelectorAll('.tight, .stacks')].map((one) => one.scrollWidth > one.clientWidth).join(' ');
  document.documentElement.dataset.images = String(document.images.length);
}, 1500));
`;

describe.skipIf(browser === undefined)(
  `the page in a browser${browser ? '' : ' (skipped: no Chromium is found)'}`,
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'collab-loadtest-page-'));
    let assets: PageAssets;

    beforeAll(async () => {
      const { outputFiles } = await build({
        entryPoints: [join(import.meta.dirname, '../page/main.ts')],
        outdir: folder,
        bundle: true,
        minify: true,
        format: 'iife',
        platform: 'browser',
        target: 'es2022',
        write: false,
      });
      const text = (end: string): string => outputFiles.find(({ path }) => path.endsWith(end))!.text;
      assets = { script: WITNESS + text('.js'), style: text('.css') };
    });
    afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));

    /** The document as it stands once the page's program has run. */
    async function opened(name: string, result: Result, ...flags: string[]): Promise<string> {
      const path = join(folder, `${name}.html`);
      writeFileSync(path, renderPage(documentOf(result), assets));
      const profile = mkdtempSync(join(folder, 'profile-'));
      const url = pathToFileURL(path).href;
      const { stdout } = await promisify(execFile)(
        browser!,
        [...FLAGS, ...flags, `--user-data-dir=${profile}`, '--dump-dom', url],
        {
          maxBuffer: 64 * 1024 ** 2,
          timeout: 60_000,
        },
      );
      return stdout;
    }

    const noted = (dom: string, name: string): string | undefined =>
      new RegExp(`<html[^>]* data-${name}="([^"]*)"`).exec(dom)?.[1];

    it('draws every chart, complains of nothing and asks the network for nothing', async () => {
      const dom = await opened('failing', failingRun());
      expect(noted(dom, 'trouble')).toBeUndefined();
      expect(noted(dom, 'charts')).toBe('8 of which 8 drawn');
      expect(noted(dom, 'fetched')).toBe('');
      expect(noted(dom, 'wide')).toBe('false');
      expect(dom).toContain('3 deliveries were lost (the first due at ');
      expect(dom).toContain('u7 → u31');
    }, 90_000);

    it('draws how long connections last, where some ended that nobody meant to', async () => {
      const survival = [
        { after_ms: 0, alive: 1, at_risk: 250 },
        { after_ms: 9000, alive: 0.95, at_risk: 240 },
        { after_ms: 30_000, alive: 0.95, at_risk: 12 },
      ];
      const dom = await opened('survival', { ...failingRun(), survival });
      expect(noted(dom, 'trouble')).toBeUndefined();
      expect(noted(dom, 'charts')).toBe('9 of which 9 drawn');
      expect(dom).toContain('Connections still alive after a time');
    }, 90_000);

    it('hatches time of which nothing is known', async () => {
      const because = 'a line of its journal is missing or damaged';
      const gaps = [
        { from_ms: 12_000, to_ms: 15_000, doubtful: false, because },
        { from_ms: 30_000, doubtful: true, because },
      ];
      const dom = await opened('gaps', { ...failingRun(), gaps });
      expect(noted(dom, 'trouble')).toBeUndefined();
      expect(noted(dom, 'charts')).toBe('8 of which 8 drawn');
      expect(dom).toContain('Of what is hatched not all is known.');
    }, 90_000);

    it('cuts no figure and no example off on a narrow screen', async () => {
      const dom = await opened('narrow', failingRun(), '--window-size=500,900');
      expect(noted(dom, 'wide')).toBe('false');
      expect(noted(dom, 'cut')).toBe('false false false');
    }, 90_000);

    it('shows hostile text as text', async () => {
      const text = '</script><img src=x onerror="document.title=1">';
      const run = failingRun();
      const dom = await opened('hostile', {
        ...run,
        summary: text,
        errors: [{ ...run.errors[0]!, message: text }],
        verdicts: run.verdicts.map((verdict) => ({ ...verdict, because: text })),
      });
      expect(noted(dom, 'trouble')).toBeUndefined();
      expect(noted(dom, 'images')).toBe('0');
      expect(dom).toContain('&lt;img src=x onerror=');
    }, 90_000);

    it('shows a check by its cause, what to do, and its steps', async () => {
      const text = '</script><img src=x onerror="document.title=1">';
      const dom = await opened('check', failingCheck(text), '--window-size=500,900');
      expect(noted(dom, 'trouble')).toBeUndefined();
      expect(noted(dom, 'images')).toBe('0');
      expect(noted(dom, 'wide')).toBe('false');
      expect(noted(dom, 'fetched')).toBe('');
      expect(dom).toContain('Nothing we changed made a difference');
      expect(dom).toContain('not run: rests on 3 server');
      expect(dom).toContain('other session and user   1011  so not the ids');
      expect(dom).toContain('&lt;img src=x onerror=');
    }, 90_000);

    it('says so where there is nothing to show', async () => {
      const run = passingRun(fixturePlan({ thresholds: [] }));
      const dom = await opened('empty', {
        ...run,
        metrics: {},
        timeline: [],
        verdicts: [],
        not_claimed: [],
        outcome: 'inconclusive',
      });
      expect(noted(dom, 'trouble')).toBeUndefined();
      expect(dom).toContain('Nothing was judged');
      expect(dom).toContain('No samples');
      expect(dom).toContain('before its first interval');
    }, 90_000);
  },
);
