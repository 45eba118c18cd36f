import { createServer, type Socket } from 'node:net';
import { listen } from '../../server/listen.ts';
import type { Address as Listening } from '../../server/address.ts';
import type { Audience } from './conversation.ts';
import type { Ending } from './ending.ts';
import { Link } from './link.ts';
import type { Upstream } from './upstream.ts';

export interface RelayOptions extends Upstream {
  host: string;
  port: number;
  audience: Audience;
  /** A connection has ended. */
  ended(ending: Ending): void;
}

/** A relay that listens. */
export interface Relay extends Listening {
  /** Connections so far. */
  connections(): number;
  /** Takes no more, closes those that are there, and resolves once all have ended. */
  close(): Promise<void>;
}

/**
 * Starts a relay between applications and their server.
 * @throws ToolError (104) where the port cannot be had
 */
export async function startRelay({ host, port, url, trust, audience, ended }: RelayOptions): Promise<Relay> {
  const links = new Set<Link>();
  const names = new Map<Link, string>();
  let connections = 0;
  let isEmpty = (): void => {};
  const server = createServer({ allowHalfOpen: true }, (socket: Socket) => {
    const connection = ++connections;
    const link: Link = new Link(
      connection,
      socket,
      { url, ...(trust && { trust }) },
      {
        ...audience,
        nameOf(user) {
          const name = [...names.values()].includes(user) ? `${user}#${connection}` : user;
          names.set(link, name);
          return name;
        },
        gone(gone, ending) {
          links.delete(gone);
          names.delete(gone);
          ended(ending);
          if (links.size === 0) isEmpty();
        },
      },
    );
    links.add(link);
  });
  const address = await listen(server, host, port, '--listen');
  return {
    ...address,
    connections: () => connections,
    async close() {
      const closed = new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      const left = new Promise<void>((resolve) => {
        isEmpty = resolve;
        if (links.size === 0) resolve();
      });
      for (const link of links) link.stop();
      await Promise.all([closed, left]);
    },
  };
}
