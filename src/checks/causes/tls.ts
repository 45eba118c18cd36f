import { shellWord } from '../../core/shell-word.ts';
import type { Facts, Retry } from '../facts.ts';
import { asMeant, type Rule } from './rule.ts';

/** Node's code for a certificate that is good, and not for the name it was asked for by. */
const WRONG_NAME = 'ERR_TLS_CERT_ALTNAME_INVALID';
/** OpenSSL's for one whose chain does not end at an authority that is trusted. */
const UNTRUSTED = /^(?:UNABLE_TO_\w+|(?:DEPTH_ZERO_)?SELF_SIGNED_CERT\w*|CERT_UNTRUSTED)$/;
/** What only a server says that speaks TLS. */
const ALERT = /ALERT/;
/** That it wants to see a certificate, or may. */
const WANTS_CERTIFICATE = /ALERT_(?:CERTIFICATE_REQUIRED|HANDSHAKE_FAILURE)/;
/** That it may have looked at one and not liked it, or missed it. */
const ABOUT_CERTIFICATE = /ALERT_\w*(?:CERTIFICATE|UNKNOWN_CA|ACCESS_DENIED)/;
/** What another protocol looks like to TLS. */
const NO_TLS = /WRONG_VERSION_NUMBER|PACKET_LENGTH|HTTP_REQUEST/;
/** That nothing of TLS came. */
const SILENT = /^(?:no answer|ECONNRESET|EPIPE)/;

/** What else there is once the certificate is taken as it is. */
const otherwise = ({ tls }: Facts): string => {
  if (tls?.otherwise === undefined) return '';
  return tls.otherwise === 'HTTP 101'
    ? ' With the certificate taken as it is, the handshake passes.'
    : ` With the certificate taken as it is, there is something else as well: ${tls.otherwise}.`;
};
const more = ({ tls }: Facts): string[] =>
  ABOUT_CERTIFICATE.test(tls?.otherwise ?? '') || WANTS_CERTIFICATE.test(tls?.otherwise ?? '')
    ? ['then a certificate of the client’s: --cert FILE --key FILE']
    : [];

const retried = ({ retries = [] }: Facts, way: Retry['way']): Retry | undefined =>
  retries.find((one) => one.way === way);

/** What of TLS keeps users out. */
export const tlsRules: readonly Rule[] = [
  {
    cause: 'certificate-expired',
    find: (facts, { again }) =>
      facts.tls?.expired_since === undefined
        ? undefined
        : {
            what: `The server’s TLS certificate expired on ${facts.tls.expired_since.slice(0, 10)}.`,
            why: `It was valid until ${facts.tls.expired_since}; every client that looks refuses it.${otherwise(facts)}`,
            do: ['renew the certificate, and let the server load it', ...more(facts), again('reach')],
          },
  },
  {
    cause: 'certificate-early',
    find: (facts, { again }) =>
      facts.tls?.not_before === undefined
        ? undefined
        : {
            what: `The server’s TLS certificate is valid from ${facts.tls.not_before.slice(0, 10)} only.`,
            why: `It is not valid before ${facts.tls.not_before}; every client that looks refuses it.${otherwise(facts)}`,
            do: [
              'look at the clock of this machine',
              'give the server one that is valid now',
              ...more(facts),
              again('reach'),
            ],
          },
  },
  {
    cause: 'no-tls',
    find(facts, { url }) {
      const { tls, upgrade } = facts;
      const plain = retried(facts, 'plain');
      // An alert or a certificate is TLS already, whatever else that port answers.
      if (tls?.error === undefined || upgrade?.said === 'alert' || plain?.status === undefined) return undefined;
      if (!NO_TLS.test(tls.error) && !(plain.status === 101 && SILENT.test(tls.error))) return undefined;
      return {
        what: 'The server speaks ws://, without TLS.',
        why: `TLS failed (${tls.error}); the same handshake without TLS got ${plain.outcome}.`,
        do: [`write ${shellWord(url.replace(/^wss:/, 'ws:'))} for ${shellWord(url)}`],
      };
    },
  },
  {
    cause: 'certificate-name',
    find: (facts, { url, again }) =>
      facts.tls?.error === WRONG_NAME
        ? {
            what: 'The server’s TLS certificate is for another name.',
            why: `It is for ${facts.tls.names}, and was asked for as ${new URL(url).hostname}; every client that looks refuses it.${otherwise(facts)}`,
            do: [
              'reach the server by a name that is in its certificate',
              'a certificate for this name',
              ...more(facts),
              again('reach'),
            ],
          }
        : undefined,
  },
  {
    cause: 'certificate-untrusted',
    find(facts) {
      const { error } = facts.tls ?? {};
      if (error === undefined || !UNTRUSTED.test(error)) return undefined;
      const isOwn = error === 'DEPTH_ZERO_SELF_SIGNED_CERT';
      return {
        what: isOwn
          ? 'The server’s TLS certificate is signed by itself: nobody here knows who has signed it.'
          : 'Nobody here knows who has signed the server’s TLS certificate.',
        why: `No authority that this system trusts has signed it${isOwn ? '' : ', or one between it and them is missing'}: ${error}.${otherwise(facts)}`,
        do: [
          ...(isOwn
            ? ['that certificate with --ca FILE here, and to every client']
            : [
                'an authority of your own: its certificate with --ca FILE here, and to every client',
                'an authority that is known: let the server send the certificates in between too (the full chain)',
              ]),
          ...more(facts),
        ],
      };
    },
  },
  {
    cause: 'client-certificate',
    find({ tls, upgrade }, { again }) {
      const error = tls?.error ?? (upgrade?.said === 'alert' ? upgrade.text : undefined);
      if (error === undefined || !ABOUT_CERTIFICATE.test(error)) return undefined;
      const { meaning, hint } = tls?.error === undefined ? upgrade! : tls;
      return {
        what: `TLS stands, and the server looks at the client’s certificate: ${meaning}.`,
        why: `It ended the connection with an alert of TLS: ${error}. Its own certificate was not what it was about.`,
        do: [...asMeant(hint), again('reach')],
        not: 'its authority: --ca is about the server’s certificate, not about yours.',
      };
    },
  },
  {
    cause: 'tls',
    find({ tls, upgrade }, { again }) {
      const alert = upgrade?.said === 'alert' ? upgrade : undefined;
      const error = tls?.error ?? alert?.text;
      if (error === undefined) return undefined;
      const { meaning, hint } = tls?.error === undefined ? alert! : tls;
      return {
        what: `TLS does not come about${meaning === undefined || meaning === error ? '' : `: ${meaning}`}.`,
        why: ALERT.test(error)
          ? `The server said so itself, by an alert of TLS: ${error}.`
          : `The system says ${error}.`,
        do: [...asMeant(hint), again('reach')],
      };
    },
  },
  {
    cause: 'wants-tls',
    find(facts, { url }) {
      const { upgrade } = facts;
      const tls = retried(facts, 'tls');
      if (upgrade === undefined || upgrade.status !== undefined || tls === undefined) return undefined;
      const isTls = tls.status !== undefined || ALERT.test(tls.outcome);
      return isTls
        ? {
            what: 'The server speaks wss://: it wants TLS.',
            why: `Our handshake got no HTTP answer; the same through TLS got ${tls.outcome}.`,
            do: [`write ${shellWord(url.replace(/^ws:/, 'wss:'))} for ${shellWord(url)}`],
          }
        : undefined;
    },
  },
];
