import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listeningSockets } from './port-holder.ts';
import { ProcessStats } from './process-stats.ts';
import { nameIn, processOf, type ProcessInfo } from './processes.ts';
import { ServerProcesses } from './server-processes.ts';

describe('the name of a process', () => {
  it.each([
    ['/usr/bin/python3\0server.py\0--token\0secret', 'python3 server.py'],
    ['python3\0-u\0/srv/app/server.py\0secret', 'python3 server.py'],
    ['python3\0-m\0uvicorn\0app:main', 'python3 -m uvicorn'],
    ['python3\0-c\0password = "secret"', 'python3'],
    ['node\0--require\0/x/preflight.cjs\0--import\0file:///x/loader.mjs\0server.ts\0secret', 'node server.ts'],
    ['node\0-e\0secret', 'node'],
    ['node\0--inspect\0secret', 'node'],
    ['node\0/usr/local/bin/yarn\0secret', 'node yarn'],
    ['npm run server --token=secret\0', 'npm'],
    ['nginx: master process /usr/sbin/nginx\0', 'nginx'],
    ['/opt/my server/bin/collab\0--password\0secret', 'collab'],
    ['-bash\0', 'bash'],
    ['', ''],
  ])('of %j is %j, and nothing of its arguments', (commandLine, name) => {
    expect(nameIn(commandLine)).toBe(name);
  });
});

describe('processor time', () => {
  const one = (pid: number, cpu_s: number, children_s = 0, more: Partial<ProcessInfo> = {}): ProcessInfo => ({
    pid,
    parent: 1,
    group: 1,
    started_s: 0,
    rss_bytes: 1000,
    ended: false,
    cpu_s,
    children_s,
    ...more,
  });
  const LATER = { started_s: 1e12 };

  /** The figures of readings a second apart. */
  function read(...readings: ProcessInfo[][]): (number | undefined)[] {
    let nth = -1;
    const stats = new ProcessStats({ now: () => readings[++nth]! } as unknown as ServerProcesses);
    return readings.slice(1).map((_, at) => stats.sample((at + 1) * 1000).server_cpu);
  }

  it('is what all of them used since the last reading, not before the first', () => {
    expect(read([one(1, 100), one(2, 7)], [one(1, 100.25), one(2, 7.5)])).toEqual([0.75]);
  });

  it('counts whole a process that began since, and from now on one that is only found now', () => {
    expect(read([one(1, 5)], [one(1, 5), one(2, 0.5, 0, LATER)])).toEqual([0.5]);
    expect(read([one(1, 5)], [one(1, 5), one(2, 90)], [one(1, 5), one(2, 90.5)])).toEqual([0, 0.5]);
  });

  it('of a child that ended is counted once: by its parent, without what was counted while it lived', () => {
    expect(read([one(1, 5), one(2, 3)], [one(1, 5), one(2, 4)], [one(1, 5, 4.25)])).toEqual([1, 0.25]);
  });

  it('of children that came and went between two readings is counted', () => {
    expect(read([one(1, 5, 2)], [one(1, 5, 2.5)])).toEqual([0.5]);
  });

  it('does not go down where nobody looks for an ended child, nor up later', () => {
    expect(read([one(1, 5), one(2, 90)], [one(1, 5.5)], [one(1, 6)])).toEqual([0.5, 0.5]);
  });

  it('of a child that ended while it was being read is not counted twice', () => {
    expect(read([one(1, 5), one(2, 90)], [one(1, 5)], [one(1, 5, 90.5)])).toEqual([0, 0.5]);
    expect(read([one(1, 5), one(2, 90)], [one(1, 5), one(2, 90.5, 0, { ended: true })], [one(1, 5, 90.5)])).toEqual([
      0.5, 0,
    ]);
  });

  it('of a number that another process has by now is the other’s', () => {
    expect(read([one(1, 5), one(2, 90)], [one(1, 5, 90), one(2, 0.25, 0, LATER)])).toEqual([0.25]);
  });

  it('is absent, and not zero, where nobody is left', () => {
    expect(read([one(1, 5)], [])).toEqual([undefined]);
  });
});

describe.runIf(process.platform === 'linux').concurrent('the processes of a server', () => {
  let folder: string;
  const children: ChildProcess[] = [];
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'loadtest-processes-'));
    const listens = `require('node:net').createServer().listen(process.argv[2], '127.0.0.1');`;
    writeFileSync(join(folder, 'server.cjs'), `${listens}\nglobalThis.kept = Buffer.alloc(60e6, 1);`);
    writeFileSync(
      join(folder, 'forks.cjs'),
      `const { fork } = require('node:child_process');
       if (process.send) setInterval(() => {}, 1000);
       else { fork(__filename); fork(__filename); ${listens} }`,
    );
    writeFileSync(join(folder, 'package.json'), '{"scripts":{"server":"node server.cjs"}}');
  });
  afterAll(() => {
    for (const { pid } of children) {
      try {
        process.kill(-pid!, 'SIGKILL');
      } catch {
        // It is gone.
      }
    }
    rmSync(folder, { recursive: true, force: true });
  });

  async function freePort(): Promise<number> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    return port;
  }

  async function until(isSo: () => boolean): Promise<void> {
    while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 50));
  }

  /** Those that serve, once they do. */
  async function serving(command: (port: number) => string, started = true, count = 1): Promise<ServerProcesses> {
    const port = await freePort();
    const child = spawn(command(port), { shell: true, detached: true, stdio: 'ignore', cwd: folder });
    children.push(child);
    const processes = (): ServerProcesses => new ServerProcesses({ pid: child.pid!, ports: [port], started });
    await until(() => listeningSockets(port).length === 1);
    await until(() => processes().described().server_processes?.length === count);
    return processes();
  }

  const commandsOf = (processes: ServerProcesses): string[] =>
    processes.described().server_processes!.map(({ command }) => command);

  it.each([
    ['a shell', (port: number) => `node server.cjs ${port} --token secret; true`],
    ['shells in shells', (port: number) => `sh -c "sh -c 'node server.cjs ${port}; true'; true"; true`],
    ['npm', (port: number) => `npm run server -- ${port}`],
    ['a shell that leaves it behind', (port: number) => `node server.cjs ${port} &`],
  ])('are without %s that only waits for them', async (_what, command) => {
    const processes = await serving(command);
    expect(commandsOf(processes)).toEqual(['node server.cjs']);
    const { server_rss } = new ProcessStats(processes).sample(1000);
    expect(server_rss).toBeGreaterThan(90e6);
    expect(server_rss).toBe(processOf(processes.described().server_processes![0]!.pid)!.rss_bytes);
  });

  it('are all that a forking server is', async () => {
    const processes = await serving((port) => `node forks.cjs ${port}; true`, true, 3);
    expect(commandsOf(processes)).toEqual(['node forks.cjs', 'node forks.cjs', 'node forks.cjs']);
    // Those of one that has just begun are not open yet.
    await until(() => new ProcessStats(processes).sample(1000).server_fds! > 3 * 15);
  });

  it('are also one that has left the group and all that started it', async () => {
    const processes = await serving((port) => `setsid node server.cjs ${port} & sleep 0.2; exit`);
    expect(commandsOf(processes)).toEqual(['node server.cjs']);
    const { pid } = processes.described().server_processes![0]!;
    expect(processes.left()).toEqual([`node server.cjs (process ${pid})`]);
    process.kill(pid, 'SIGKILL');
    await until(() => processes.left().length === 0);
  });

  it('are not known, and have no figures, where nobody who listens is seen', async () => {
    const port = await freePort();
    const of = (started: boolean) => new ServerProcesses({ pid: process.pid, ports: [port], started });
    const unseen = of(true);
    expect(new ProcessStats(unseen).sample(1000)).toEqual({});
    expect(unseen.unknown).toContain('--server-metrics');
    expect(unseen.filesLimit()).toBe(undefined);
    // What the user names is measured, wherever it listens.
    expect(new ProcessStats(of(false)).sample(1000)).toMatchObject({
      server_rss: expect.toSatisfy((rss) => rss > 3e7),
    });
  });

  it('are those below a parent that the user names', async () => {
    const processes = await serving((port) => `sh -c "node forks.cjs ${port}; true"; true`, false, 3);
    expect(new Set(commandsOf(processes))).toEqual(new Set(['node forks.cjs']));
  });
});
