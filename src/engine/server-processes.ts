import type { Environment } from '../result/result.ts';
import { openFilesLimit } from './environment.ts';
import { holdsOneOf, listeningSockets } from './port-holder.ts';
import { allProcesses, nameOf, openFilesOf, processOf, type ProcessInfo } from './processes.ts';

/** Which processes are looked for. */
export interface ServerRoot {
  /** The process that a command became, or that the user named. */
  pid: number;
  /** The ports at which the server is reached. */
  ports: readonly number[];
  /**
   * Whether this run started it: then what is in its process group is the server's too, and so is whoever else holds
   * its ports.
   */
  started: boolean;
}

/** What starts a server and waits for it: not counted, where it stands above the process that listens. */
const LAUNCHERS = new Set(
  (
    'sh bash dash ash zsh ksh fish busybox env sudo timeout tini dumb-init make cargo go uv poetry pipenv ' +
    'npm npm-cli npx npx-cli yarn pnpm nodemon tsx'
  ).split(' '),
);
const isLauncher = (pid: number): boolean =>
  nameOf(pid)
    .split(' ')
    .some((word) => LAUNCHERS.has(word.replace(/\.[cm]?js$/, '')));

/** What listens on this machine for a server that is not seen from here, in a container. */
const FORWARDERS = new Set(['docker-proxy', 'rootlesskit', 'rootlessport', 'slirp4netns', 'pasta', 'passt', 'gvproxy']);

/** All processes are read anew in at most this part of the time. */
const PART_OF_TIME = 1 / 50;
/** Whoever holds the ports is searched among all processes so often at most, ms. */
const SEARCH_MS = 5000;

const UNSEEN =
  'whoever listens on the server’s port cannot be seen from here, as in a container: its processor time, memory and files are not known (--server-metrics may tell them)';

const identity = ({ pid, started_s }: ProcessInfo): string => `${pid} ${started_s}`;

/** The processes of a server, as they come and go: the tree of the one that began, and who holds the ports. */
export class ServerProcesses {
  readonly #root: ServerRoot;
  /** Those that were the server's once and live: also where the one that started them is gone. */
  #known = new Map<string, ProcessInfo>();
  #holders = new Set<string>();
  #launchers = new Set<string>();
  #lookedAt = -Infinity;
  #lookTook = 0;
  #searchedAt = -Infinity;
  /** Why nothing is known of the server; absent where it is. */
  unknown: string | undefined;

  constructor(root: ServerRoot) {
    this.#root = root;
  }

  /** Those that live now; none where the server's cannot be seen. */
  now(): ProcessInfo[] {
    const began = performance.now();
    if (began - this.#lookedAt >= this.#lookTook / PART_OF_TIME) {
      this.#look(began);
      this.#lookedAt = began;
      this.#lookTook = performance.now() - began;
    } else {
      this.#keep([...this.#known.values()].flatMap(({ pid }) => processOf(pid) ?? []));
    }
    if (this.unknown !== undefined) return [];
    return [...this.#known.values()].filter((one) => !this.#launchers.has(identity(one)));
  }

  /** Which are measured, as the result has it. */
  described(): Pick<Environment, 'server_processes'> {
    const living = this.now().filter(({ ended }) => !ended);
    return living.length === 0 ? {} : { server_processes: living.map(({ pid }) => ({ pid, command: nameOf(pid) })) };
  }

  /** Those that live although the server was stopped, in words: they have left the process group that is ended. */
  left(): string[] {
    const living = this.#root.started ? this.now().filter(({ ended }) => !ended) : [];
    return living.map(({ pid }) => `${nameOf(pid)} (process ${pid})`);
  }

  /** How many files those may have open together that clients are taken by; absent where nobody knows. */
  filesLimit(): number | undefined {
    const all = this.now();
    const holders = all.filter((one) => this.#holders.has(identity(one)));
    const limits = (holders.length > 0 ? holders : all).map(({ pid }) => openFilesLimit(pid));
    return limits.length === 0 ? undefined : limits.reduce((sum: number, limit = Infinity) => sum + limit, 0);
  }

  /** Only the same ones: a number may have gone to another process. */
  #keep(living: readonly ProcessInfo[]): void {
    const same = living.filter((one) => this.#known.has(identity(one)));
    this.#known = new Map(same.map((one) => [identity(one), one]));
  }

  #look(at: number): void {
    const all = new Map(allProcesses().map((one) => [one.pid, one]));
    const { pid, started } = this.#root;
    const isFirst = this.#lookedAt === -Infinity;
    const seeds = [...all.values()].filter(
      (one) => this.#known.has(identity(one)) || (isFirst && one.pid === pid) || (started && one.group === pid),
    );
    this.#take(seeds, all);
    const holds = [...this.#known.keys()].some((one) => this.#holders.has(one));
    if (!holds && at - this.#searchedAt >= SEARCH_MS) {
      this.#searchedAt = at;
      this.#search(all);
    }
  }

  /** Takes processes, and all that they have started. */
  #take(seeds: readonly ProcessInfo[], all: ReadonlyMap<number, ProcessInfo>): void {
    const children = new Map<number, ProcessInfo[]>();
    for (const one of all.values()) children.set(one.parent, [...(children.get(one.parent) ?? []), one]);
    const family = new Map<string, ProcessInfo>();
    const add = (one: ProcessInfo): void => {
      if (family.has(identity(one))) return;
      family.set(identity(one), one);
      for (const child of children.get(one.pid) ?? []) add(child);
    };
    for (const seed of seeds) add(seed);
    this.#known = family;
  }

  /** Looks who holds the ports, and what above it only waits. */
  #search(all: ReadonlyMap<number, ProcessInfo>): void {
    const sockets = new Set(this.#root.ports.flatMap(listeningSockets));
    this.unknown = undefined;
    if (sockets.size === 0) {
      // It accepted before the first look: where nothing is seen to listen, the system passes it on.
      if (this.#root.started && this.#holders.size === 0) this.unknown = UNSEEN;
      return;
    }
    const holdersIn = (some: Iterable<ProcessInfo>): ProcessInfo[] =>
      [...some].filter(({ pid }) => holdsOneOf(pid, sockets));
    let holders = holdersIn(this.#known.values());
    if (holders.length === 0 && this.#root.started) {
      holders = holdersIn(all.values());
      const isSeen = [...this.#known.values()].every(({ pid }) => openFilesOf(pid) !== undefined);
      const isForwarded = holders.some(({ pid }) => FORWARDERS.has(nameOf(pid)));
      if (isForwarded || (holders.length === 0 && isSeen)) {
        this.unknown = UNSEEN;
        return;
      }
      this.#take([...this.#known.values(), ...holders], all);
    }
    this.#holders = new Set(holders.map(identity));
    this.#launchers = new Set(holders.flatMap((one) => this.#above(one, all)).map(identity));
  }

  /** Launchers among those that a holder descends from. */
  #above({ parent }: ProcessInfo, all: ReadonlyMap<number, ProcessInfo>): ProcessInfo[] {
    const one = all.get(parent);
    if (!one) return [];
    const isWaiting = !this.#holders.has(identity(one)) && isLauncher(one.pid);
    return [...(isWaiting ? [one] : []), ...this.#above(one, all)];
  }
}
