import { lookup } from 'node:dns/promises';
import { createServer, isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import { ToolError } from '../core/errors.ts';
import { estimate } from '../plan/estimate.ts';
import type { Target } from '../plan/plan.ts';
import { refusePorts } from '../plan/walls.ts';
import { bareHost, isLoopback, portOf, reachOf } from './addresses.ts';
import { readMachine } from './machine.ts';
import { acceptsAt } from './ports.ts';
import type { RunRequest } from './request.ts';

/** What this machine says of an address that a socket is to be bound to. */
function bindable(address: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = createServer();
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    socket.listen({ host: address, port: 0 }, () => socket.close(() => resolve(undefined)));
  });
}

const either = new Intl.ListFormat('en-GB', { type: 'disjunction' });

/**
 * Refuses source addresses that are not this machine's, or of another family than a server's address.
 * Asked of the system itself, by binding: its list of interfaces leaves out what is routed to it.
 * @throws ToolError (104)
 */
export async function checkSources(sources: readonly string[], urls: readonly string[]): Promise<void> {
  for (const source of sources) {
    const servers = urls.map(bareHost);
    const other = servers.find((host) => isIP(host) !== 0 && isIP(host) !== isIP(source));
    if (other !== undefined) {
      throw new ToolError(`From ${source} nothing reaches ${other}: one is IPv4 and the other IPv6.`, {
        hint: 'Give --source-addresses of the same kind as the server’s.',
      });
    }
    const refused = await bindable(source);
    if (refused === undefined) continue;
    const own = Object.values(networkInterfaces()).flatMap((all) => all ?? []);
    const same = own.filter(({ address }) => isIP(address) === isIP(source)).map(({ address }) => address);
    throw new ToolError(`${source} is no address of this machine, so nothing can be sent from it (${refused}).`, {
      hint: `--source-addresses takes ${either.format(same.slice(0, 6))} here.`,
    });
  }
}

/** Where a server of this machine's own is: its address, which a name may have several of; nothing for any other. */
async function ownAddress(url: string, kind: number): Promise<string | undefined> {
  const host = bareHost(url);
  const found = await lookup(host, { all: true }).catch(() => []);
  const all = found.map(({ address }) => address);
  if (!all.every(isLoopback)) return undefined;
  const fitting = all.filter((address) => kind === 0 || isIP(address) === kind);
  return fitting.length > 1 ? acceptsAt(portOf(new URL(url)), fitting) : fitting[0];
}

/** How users get to the servers, once these listen. */
export interface Ways extends Pick<Target, 'families' | 'source_addresses'> {
  /** For names: where they lead to. */
  address?: string;
}

/**
 * Decides what only shows once the servers listen. A name of this machine's own, such as localhost, is often an address
 * of IPv4 and one of IPv6: all users go to the one at which somebody accepts. And from the loopback range IPv4 alone is
 * reached: a server on `::1` is reached from there.
 * @throws ToolError (104) where that has too few ports
 */
export async function waysTo(
  urls: readonly string[],
  { plan, source_addresses, loopback_sources = [] }: RunRequest,
): Promise<Ways> {
  const kind = isIP(source_addresses?.[0] ?? '');
  const addresses = await Promise.all(urls.map((url) => ownAddress(url, kind)));
  const families = Object.fromEntries(
    urls.flatMap((url, nth) => (addresses[nth] === undefined ? [] : [[url, isIP(addresses[nth]!) as 4 | 6]])),
  );
  const named = new Set(addresses.filter((address, nth) => address !== undefined && bareHost(urls[nth]!) !== address));
  const onIPv6 = addresses.some((address) => isIP(address ?? '') === 6);
  if (onIPv6 && loopback_sources.length > 0) {
    const reach = { ...reachOf(urls), servers: urls.map((url, nth) => `[${addresses[nth]}]:${portOf(new URL(url))}`) };
    refusePorts(estimate(plan, 0, reach), readMachine(), reach);
  }
  const sources = source_addresses ?? (onIPv6 ? [] : loopback_sources);
  return {
    families,
    ...(sources.length > 0 && { source_addresses: sources }),
    ...(named.size > 0 && { address: [...named].join(', ') }),
  };
}
