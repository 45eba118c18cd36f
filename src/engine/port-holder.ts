import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

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
  const sockets = new Set(listeningSockets(port));
  if (sockets.size === 0) return undefined;
  const pid = directory('/proc').find((name) => /^\d+$/.test(name) && holdsOneOf(Number(name), sockets));
  return pid === undefined ? undefined : describe(pid);
}

/** The numbers of the sockets that listen on a port, at whatever address. */
export const listeningSockets = (port: number): string[] =>
  ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((file) => inodesOf(file, port));

/** Whether a process has one of these sockets open; not where that may not be seen. */
export const holdsOneOf = (pid: number, sockets: ReadonlySet<string>): boolean =>
  directory(`/proc/${pid}/fd`).some((fd) => sockets.has(socketOf(`/proc/${pid}/fd/${fd}`)));

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
    since: new Date(startOf(pid)).toISOString(),
  };
}

/** In /proc times are in ticks of USER_HZ since the machine's start, whatever its clock's own frequency is. */
const TICK_MS = 10;
/** Of `stat`, behind the name in brackets, which may hold spaces (proc(5): the 22nd of all). */
const START_TIME = 19;

/** When a process started, ms since 1970. */
function startOf(pid: string): number {
  const stat = read(`/proc/${pid}/stat`);
  const ticks = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[START_TIME] ?? 0);
  const boot = Number(/^btime (\d+)/m.exec(read('/proc/stat'))?.[1] ?? 0);
  return boot * 1000 + ticks * TICK_MS;
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

/** `process 4711 since 20:12:03: python old_server.py`; what to type to see it, where this program cannot tell. */
export function holderWords(port: number, holder = portHolder(port)): string {
  if (!holder) return `whoever has it: ${holderCommand(port)}`;
  return `process ${holder.pid} since ${timeOfDay(Date.parse(holder.since))}: ${holder.command}`;
}

/** As logs of this machine have it: `20:51:07`, with the date where that is not today's. */
export function timeOfDay(at: number, now = Date.now()): string {
  const local = (ms: number): Date => new Date(ms - new Date(ms).getTimezoneOffset() * 60_000);
  const text = local(at).toISOString();
  const today = local(now).toISOString().slice(0, 10);
  return text.startsWith(today) ? text.slice(11, 19) : text.slice(0, 19).replace('T', ' ');
}

/** What to type to see who has a port, where this program cannot tell. */
function holderCommand(port: number, platform: string = process.platform): string {
  if (platform === 'win32') return `netstat -ano | findstr :${port}`;
  if (platform === 'darwin') return `lsof -nP -iTCP:${port} -sTCP:LISTEN`;
  return `ss -ltnp "sport = :${port}"`;
}
