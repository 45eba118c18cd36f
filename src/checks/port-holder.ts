import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';

/** The process that has a port. */
export interface PortHolder {
  pid: number;
  command: string;
  /** ISO 8601 UTC. */
  since: string;
}

const LISTENS = '0A';

/** Who listens on a port of this machine: on Linux by /proc; nothing where it does not say, as of others' processes. */
export function portHolder(port: number): PortHolder | undefined {
  const inodes = new Set(['/proc/net/tcp', '/proc/net/tcp6'].flatMap((file) => inodesOf(file, port)));
  if (inodes.size === 0) return undefined;
  for (const pid of directory('/proc').filter((name) => /^\d+$/.test(name))) {
    if (directory(`/proc/${pid}/fd`).some((fd) => inodes.has(socketOf(`/proc/${pid}/fd/${fd}`)))) return describe(pid);
  }
  return undefined;
}

function inodesOf(file: string, port: number): string[] {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return read(file)
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local, , state]) => local?.endsWith(wanted) && state === LISTENS)
    .map((fields) => fields[9]!);
}

function socketOf(path: string): string {
  try {
    return /^socket:\[(\d+)\]$/.exec(readlinkSync(path))?.[1] ?? '';
  } catch {
    return '';
  }
}

function describe(pid: string): PortHolder {
  return {
    pid: Number(pid),
    command: read(`/proc/${pid}/cmdline`).split('\0').join(' ').trim().slice(0, 200),
    since: statSync(`/proc/${pid}`, { throwIfNoEntry: false })?.mtime.toISOString() ?? '',
  };
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function directory(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

/** What to type to see who has a port, where this program cannot tell. */
export function holderCommand(port: number, platform: string = process.platform): string {
  if (platform === 'win32') return `netstat -ano | findstr :${port}`;
  if (platform === 'darwin') return `lsof -nP -iTCP:${port} -sTCP:LISTEN`;
  return `ss -ltnp "sport = :${port}"`;
}
