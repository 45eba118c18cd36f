/** Where a server listens: as people write it, and as clients need it. */
export interface Address {
  host: string;
  port: number;
  /** `ws://HOST:PORT`, for a client on this machine. */
  url: string;
}

/** A host inside of an address: IPv6 in brackets. */
export const inUrl = (host: string): string => (host.includes(':') ? `[${host}]` : host);

/** Whether a host means every interface of the machine. */
export const isEverywhere = (host: string): boolean => host === '0.0.0.0' || host === '::';
