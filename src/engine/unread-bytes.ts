import { lookup } from 'node:dns/promises';
import { closeSync, openSync, readSync } from 'node:fs';
import { isIPv4 } from 'node:net';
import { endianness } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';

/** The system's lists of sockets, with what waits in each; Linux alone has them. */
const LISTS = ['/proc/net/tcp', '/proc/net/tcp6'];
/** The system hands over a page at a time, which takes it about 25 µs. */
const PAGE_BYTES = 4096;
/**
 * So many pages are read at once, and then nothing for so long, ms: the list of 15,000 users and their server here is
 * 4.5 MB and would take a core for 50 ms, which is a standstill of its own where there are two.
 */
const PAGES_AT_ONCE = 40;
const PAUSE_MS = 5;

/** What waits unread in each socket that something waits in, by its own address and port. */
type Waiting = Map<string, number>;

/**
 * Counts the bytes that wait unread in the generator's own sockets: those of this machine that are connected to the
 * servers under test. The coordinator does it, which is idle, for all workers together. A socket in which no less
 * waits than at the last look belongs to a user who stopped reading on purpose, and is left out.
 */
export class UnreadBytes {
  /** Address and port of each server as the lists write them. */
  readonly #servers: Promise<Set<string>>;
  #reading = false;
  #ended = false;
  #found: number | undefined;
  #before: Waiting = new Map();

  constructor(urls: readonly string[]) {
    this.#servers = process.platform === 'linux' ? serversOf(urls) : Promise.resolve(new Set());
  }

  /** Begins to count; what was found is there a moment later. */
  look(): void {
    if (this.#reading) return;
    this.#reading = true;
    this.#count()
      .then((waiting) => {
        if (waiting === undefined || this.#ended) return;
        this.#found = backlog(waiting, this.#before);
        this.#before = waiting;
      })
      .finally(() => {
        this.#reading = false;
      });
  }

  /** What was found since the last call; undefined where nothing could be read. */
  take(): number | undefined {
    const found = this.#found;
    this.#found = undefined;
    return found;
  }

  stop(): void {
    this.#ended = true;
  }

  async #count(): Promise<Waiting | undefined> {
    const servers = await this.#servers;
    if (servers.size === 0) return undefined;
    const waiting: Waiting = new Map();
    const read = [];
    for (const list of LISTS) read.push(await this.#countIn(list, servers, waiting));
    return read.includes(true) ? waiting : undefined;
  }

  /** @returns whether there is such a list */
  async #countIn(list: string, servers: ReadonlySet<string>, waiting: Waiting): Promise<boolean> {
    let file: number | undefined;
    try {
      file = openSync(list, 'r');
      const page = Buffer.alloc(PAGE_BYTES);
      let rest = '';
      for (let pages = 1; !this.#ended; pages++) {
        const length = readSync(file, page, 0, PAGE_BYTES, null);
        if (length === 0) break;
        const lines = (rest + page.toString('latin1', 0, length)).split('\n');
        rest = lines.pop()!;
        addWaiting(lines, servers, waiting);
        if (pages % PAGES_AT_ONCE === 0) await pause(PAUSE_MS);
      }
      return true;
    } catch {
      return false;
    } finally {
      if (file !== undefined) closeSync(file);
    }
  }
}

/** `sl local_address rem_address st tx_queue:rx_queue …`, all hexadecimal; state 01 is an open connection. */
const LINE = /^ *\d+: ([\dA-F:]+) ([\dA-F]+:[\dA-F]{4}) 01 [\dA-F]+:([\dA-F]+) /;
const NOTHING = '00000000';

/** @param servers addresses and ports as {@link listed} writes them */
export function addWaiting(lines: readonly string[], servers: ReadonlySet<string>, waiting: Waiting): void {
  for (const line of lines) {
    const [, own, server, unread] = LINE.exec(line) ?? [];
    if (unread !== undefined && unread !== NOTHING && servers.has(server!)) {
      waiting.set(own!, Number.parseInt(unread, 16));
    }
  }
}

/** What waits, but for sockets that nobody reads. */
export function backlog(waiting: Waiting, before: Waiting): number {
  let bytes = 0;
  for (const [own, unread] of waiting) if (unread < (before.get(own) ?? Infinity)) bytes += unread;
  return bytes;
}

async function serversOf(urls: readonly string[]): Promise<Set<string>> {
  const all = urls.map(async (template) => {
    const url = new URL(template);
    const port = Number(url.port) || (url.protocol === 'wss:' ? 443 : 80);
    const addresses = await lookup(url.hostname.replace(/^\[|\]$/g, ''), { all: true }).catch(() => []);
    return addresses.map(({ address }) => listed(address, port));
  });
  return new Set((await Promise.all(all)).flat());
}

/** An address as the lists write it: in words of 32 bits, each in the machine's own order of bytes. */
export function listed(address: string, port: number): string {
  const bytes = isIPv4(address) ? address.split('.').map(Number) : bytesOfIPv6(address);
  const little = endianness() === 'LE';
  let text = '';
  for (let word = 0; word < bytes.length; word += 4) {
    const four = bytes.slice(word, word + 4);
    for (const byte of little ? four.toReversed() : four) text += hex(byte, 2);
  }
  return `${text}:${hex(port, 4)}`;
}

function bytesOfIPv6(address: string): number[] {
  const [head = '', tail] = address.replace(/%.*$/, '').split('::');
  const groups = (text: string): string[] => (text === '' ? [] : text.split(':'));
  const first = groups(head);
  const last = groups(tail ?? '');
  const between = Array.from({ length: 8 - first.length - last.length }, () => '0');
  return [...first, ...between, ...last].flatMap((group) => {
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 0xff];
  });
}

const hex = (value: number, digits: number): string => value.toString(16).toUpperCase().padStart(digits, '0');
