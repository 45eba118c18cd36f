import { isIP } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import type { Target } from '../plan/plan.ts';

/** What of a target TLS needs. */
export type Trust = Pick<Target, 'ca' | 'cert' | 'key'>;

/** Whom TLS trusts and what it shows of this side. @param host as sockets take it: IPv6 without brackets */
export const tlsOptions = ({ ca, cert, key }: Trust, host?: string): ConnectionOptions => ({
  ...(host !== undefined && isIP(host) === 0 && { servername: host }),
  ...(ca !== undefined && { ca }),
  ...(cert !== undefined && { cert }),
  ...(key !== undefined && { key }),
});
