/**
 * Builds `dist/` from a bare clone with Node alone: the programs, the scenarios, the page, the schemas, the types.
 * One bundle per program with shared chunks, so that a child process starts in tens of milliseconds.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, copyFile, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { build, type Plugin } from 'esbuild';

const root = import.meta.dirname;
const dist = `${root}/dist`;
/** Built aside and put in place at once, so that a run in progress never meets half a build. */
const fresh = `${root}/dist-new-${process.pid}`;
const replaced = `${root}/dist-old-${process.pid}`;

/** k6's modules exist only inside k6: `require('../k6/host.ts')` (src/scenario/define.ts) stays as it is, and never runs. */
const k6Stays: Plugin = {
  name: 'k6-stays',
  setup(bundler) {
    bundler.onResolve({ filter: /\/k6\/host\.ts$/ }, () => ({ path: '../k6/host.ts', external: true }));
  },
};

async function programs(): Promise<void> {
  const scenarios = (await readdir(`${root}/scenarios`)).filter((file) => file.endsWith('.ts'));
  await build({
    absWorkingDir: root,
    outdir: fresh,
    entryPoints: {
      main: 'src/main.ts',
      index: 'src/index.ts',
      worker: 'src/engine/worker.ts',
      starter: 'src/engine/starter.ts',
      alarm: 'src/engine/alarm.ts',
      loading: 'src/engine/loading.ts',
      place: 'src/engine/place.ts',
      echo: 'src/engine/echo.ts',
      server: 'server/main.ts',
      ...Object.fromEntries(scenarios.map((file) => [`scenarios/${file.slice(0, -3)}`, `scenarios/${file}`])),
    },
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    packages: 'external',
    sourcemap: 'linked',
    sourcesContent: false,
    plugins: [k6Stays],
    logLevel: 'warning',
  });
  await chmod(`${fresh}/main.js`, 0o755);
  await copyFile(`${root}/src/checks/qt-client.py`, `${fresh}/qt-client.py`);
}

async function page(): Promise<void> {
  await build({
    absWorkingDir: root,
    outdir: fresh,
    entryPoints: { page: 'src/page/main.ts' },
    bundle: true,
    minify: true,
    format: 'iife',
    platform: 'browser',
    target: 'es2022',
    logLevel: 'warning',
  });
}

async function schemas(): Promise<void> {
  const [{ resultJsonSchema }, { configJsonSchema }] = await Promise.all([
    import('./src/result/assemble.ts'),
    import('./src/cli/config.ts'),
  ]);
  await mkdir(`${fresh}/schema`, { recursive: true });
  await writeFile(`${fresh}/schema/result.schema.json`, `${JSON.stringify(resultJsonSchema(), null, 2)}\n`);
  await writeFile(`${fresh}/schema/config.schema.json`, `${JSON.stringify(configJsonSchema(), null, 2)}\n`);
}

/** Declarations of the public API, and of what it refers to. */
async function types(): Promise<void> {
  const tsc = `${root}/node_modules/typescript/bin/tsc`;
  const compiler = spawn(process.execPath, [tsc, '-p', 'tsconfig.types.json', '--outDir', `${fresh}/types`], {
    cwd: root,
    stdio: 'inherit',
  });
  const [code] = (await once(compiler, 'exit')) as [number | null];
  if (code !== 0) throw new Error('the declarations of the public API could not be made (above)');
}

try {
  await Promise.all([programs(), page(), schemas(), types()]);
  await rename(dist, replaced).catch(() => undefined);
  await rename(fresh, dist);
} finally {
  await Promise.all([fresh, replaced].map((folder) => rm(folder, { recursive: true, force: true })));
}
