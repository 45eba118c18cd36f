import { connect, createServer, type AddressInfo } from 'node:net';

/** This machine itself, in both kinds of addresses. */
export const LOOPBACK: readonly string[] = ['127.0.0.1', '::1'];
/** How long somebody may take to accept, ms: what filters never answers. */
const PATIENCE_MS = 2000;

/** A port of this machine that nobody has at this moment, at either of its own addresses. */
export async function freePort(): Promise<number> {
  const port = await new Promise<number>((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port: found } = server.address() as AddressInfo;
      server.close(() => resolve(found));
    });
  });
  return (await acceptsAt(port)) === undefined ? port : freePort();
}

/**
 * Where somebody accepts on a port.
 * @param hosts are tried one after the other
 * @returns the address, of those that the first such host has; nothing where nobody does
 */
export async function acceptsAt(port: number, hosts: readonly string[] = LOOPBACK): Promise<string | undefined> {
  for (const host of hosts) {
    const address = await addressAt(port, host);
    if (address !== undefined) return address;
  }
  return undefined;
}

function addressAt(port: number, host: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ port, host });
    const end = (address?: string): void => {
      socket.destroy();
      resolve(address);
    };
    socket.setTimeout(PATIENCE_MS, end);
    socket.once('connect', () => end(socket.remoteAddress));
    socket.once('error', () => end());
  });
}

/** Whether anybody listens on a port of this machine. */
export const accepts = async (port: number): Promise<boolean> => (await acceptsAt(port)) !== undefined;
