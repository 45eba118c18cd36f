import type { Rule } from './rule.ts';

/** From a name to a WebSocket: those nearest to the wire first. */
export const connection: readonly Rule[] = [
  {
    cause: 'no-such-host',
    find: ({ unresolved }) =>
      unresolved === undefined
        ? undefined
        : {
            what: `There is no host called ${unresolved}.`,
            why: 'The name service knows no address of it.',
            do: ['look at the name in --url', 'try its address (ws://192.168.…) or localhost'],
          },
  },
  {
    cause: 'nothing-listens',
    find: ({ addresses }) =>
      addresses && addresses.length > 0 && addresses.every(({ outcome }) => outcome === 'refused')
        ? {
            what: 'Nothing listens there.',
            why: `The machine is there and refused the connection at once (${addresses.map(({ address }) => address).join(', ')}).`,
            do: [
              'start the server, and read its output',
              'look at the port in --url',
              'from another machine: the server must listen at 0.0.0.0, not at 127.0.0.1',
            ],
            not: 'a firewall: that would have let us wait.',
          }
        : undefined,
  },
  {
    cause: 'filtered',
    find: ({ addresses }) =>
      addresses &&
      addresses.some(({ outcome }) => outcome === 'filtered') &&
      !addresses.some(({ outcome }) => outcome === 'open')
        ? {
            what: 'Nothing answers at that address and port: often a firewall.',
            why: 'Connection attempts got no answer at all, neither yes nor no.',
            do: [
              'try it on the server’s own machine with ws://localhost:PORT',
              'let the port through the firewall',
              'look whether the machine is on and in this network',
            ],
          }
        : undefined,
  },
  {
    cause: 'certificate-expired',
    find: ({ tls }) =>
      tls?.expired_since === undefined
        ? undefined
        : {
            what: `The server’s TLS certificate expired on ${tls.expired_since.slice(0, 10)}.`,
            why: `It was valid until ${tls.expired_since}; every client that looks refuses it.`,
            do: ['renew the certificate, and let the server load it'],
          },
  },
  {
    cause: 'tls',
    find: ({ tls }) =>
      tls?.error === undefined && tls?.not_before === undefined
        ? undefined
        : {
            what: 'TLS does not come about.',
            why:
              tls.not_before === undefined
                ? `The system says ${tls.error}.`
                : `The certificate is valid from ${tls.not_before} only.`,
            do: [
              'a certificate of your own authority: --ca FILE',
              'a server without TLS: ws:// for wss://',
              'another name: the one that is in the certificate',
            ],
          },
  },
  {
    cause: 'never-answers',
    find: ({ upgrade }) =>
      upgrade?.said === 'nothing'
        ? {
            what: 'The port is open, and whoever listens there never answers.',
            why: 'The connection was accepted, our handshake was sent, and no byte came back.',
            do: [
              'look which process has the port (above)',
              'a server that hangs: read its output, start it again',
              'a server with TLS: wss:// for ws://',
            ],
          }
        : undefined,
  },
  {
    cause: 'plain-http',
    find: ({ upgrade }) =>
      upgrade?.said === 'http' && upgrade.status !== undefined
        ? {
            what: `This is a plain HTTP server, or no WebSocket at that path: HTTP ${upgrade.status} where 101 was expected.`,
            why: 'It answered our opening handshake as it answers a browser.',
            do: [
              'look at port and path in --url',
              'an old or other server may hold the port (above: which process)',
              'behind a proxy: let it pass "Upgrade: websocket"',
            ],
          }
        : undefined,
  },
  {
    cause: 'no-http',
    find: ({ upgrade }) =>
      upgrade?.said === 'other' || upgrade?.said === 'closed'
        ? {
            what: 'Whoever listens there speaks no HTTP, so no WebSocket either.',
            why:
              upgrade.text === undefined
                ? 'It closed the connection instead of an answer.'
                : `It answered "${upgrade.text}".`,
            do: ['look at the port in --url', 'a server with TLS: wss:// for ws://'],
          }
        : undefined,
  },
];
