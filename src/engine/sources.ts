import { createServer, isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import { ToolError } from '../core/errors.ts';

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
    const servers = urls.map((url) => new URL(url.replaceAll('{port}', '1')).hostname.replace(/^\[|\]$/g, ''));
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
