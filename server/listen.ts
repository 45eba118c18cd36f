import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';
import { messageOf, ToolError } from '../src/core/errors.ts';
import { inUrl, type Address } from './address.ts';

/**
 * Takes a port.
 * @param option by which the user chose it
 * @throws ToolError (104) with what to do, where it cannot be had
 */
export async function listen(server: Server, host: string, port: number, option = '--port'): Promise<Address> {
  try {
    // The default of 511 overflows when thousands connect at once.
    server.listen({ host, port, backlog: 4096 });
    await once(server, 'listening');
  } catch (error) {
    throw refused(error, host, port, option);
  }
  const taken = (server.address() as AddressInfo).port;
  const near = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return { host, port: taken, url: `ws://${inUrl(near)}:${taken}` };
}

function refused(error: unknown, host: string, port: number, option: string): ToolError {
  const { code } = error as NodeJS.ErrnoException;
  const elsewhere = `choose another: ${option} ${port < 65_535 ? port + 1 : port - 1}, or ${option} 0 for any that is free.`;
  if (code === 'EADDRINUSE') {
    return new ToolError(`Port ${port} on ${host} is taken by another program.`, {
      hint: `Stop that program, or ${elsewhere}`,
      cause: error,
    });
  }
  if (code === 'EACCES') {
    return new ToolError(`Port ${port} on ${host} is not for every user to take.`, {
      hint: `C${elsewhere.slice(1)}`,
      cause: error,
    });
  }
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return new ToolError(`${host} is no address of this machine.`, {
      hint: 'Use --host 127.0.0.1 for this machine alone, or --host 0.0.0.0 for every network it is in.',
      cause: error,
    });
  }
  return new ToolError(`Cannot listen on ${host}, port ${port}: ${messageOf(error).replace(/\.$/, '')}.`, {
    cause: error,
  });
}
