import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { messageOf, ToolError } from '../core/errors.ts';
import { quoted } from '../core/quoted.ts';
import { shellWord } from '../core/shell-word.ts';
import { fileText } from '../core/text.ts';
import type { Target } from '../plan/plan.ts';
import type { Settings } from './options.ts';

type PemSettings = Pick<Settings, 'ca' | 'cert' | 'key'>;

/** What TLS needs, out of the files of --ca, --cert and --key. @throws ToolError for what cannot be used */
export function trustOf({ ca, cert, key }: PemSettings): Pick<Target, 'ca' | 'cert' | 'key'> {
  if (key !== undefined && cert === undefined) {
    throw new ToolError('--key is the key of a certificate, and there is none.', { hint: 'Add --cert FILE.' });
  }
  return {
    ...(ca !== undefined && { ca: readPem('ca', ca, 'CERTIFICATE') }),
    ...(cert !== undefined && readPair(cert, key)),
  };
}

/** A certificate and its private key, which may both stand in the file of --cert. */
function readPair(cert: string, key: string | undefined): Pick<Target, 'cert' | 'key'> {
  const certificate = readPem('cert', cert, 'CERTIFICATE');
  const isOne = key === undefined;
  if (isOne && !PRIVATE.test(certificate)) {
    throw new ToolError(`--cert ${quoted(cert)} needs its private key.`, { hint: 'Add --key FILE.' });
  }
  const [name, path] = isOne ? ['--cert', cert] : ['--key', key];
  const text = isOne ? certificate : readPem('key', key, 'PRIVATE KEY');
  if (/ENCRYPTED/.test(text)) {
    throw new ToolError(`${name} ${quoted(path)} is encrypted, and this tool asks for no password.`, {
      hint: `Decrypt it: openssl pkey -in ${shellWord(quoted(path))} -out client.key`,
    });
  }
  try {
    const own = createPrivateKey(text);
    if (!new X509Certificate(certificate).checkPrivateKey(own)) {
      throw new ToolError(`${name} ${quoted(path)} is not the key of ${quoted(cert)}: the two do not belong together.`);
    }
    createSecureContext({ cert: certificate, key: text });
  } catch (error) {
    if (error instanceof ToolError) throw error;
    throw new ToolError(`--cert ${quoted(cert)} and its key cannot be used: ${messageOf(error)}.`, { cause: error });
  }
  return { cert: certificate, key: text };
}

const PRIVATE = /-----BEGIN [A-Z ]*PRIVATE KEY-----/;
const HELD = { CERTIFICATE: 'certificate', 'PRIVATE KEY': 'private key' };

function readPem(option: string, path: string, what: keyof typeof HELD): string {
  let text: string;
  try {
    text = fileText(readFileSync(path));
  } catch (error) {
    throw new ToolError(
      `--${option} ${quoted(path)} cannot be read: ${messageOf(error).replaceAll(path, quoted(path))}.`,
      { cause: error },
    );
  }
  const isThere = what === 'CERTIFICATE' ? text.includes('-----BEGIN CERTIFICATE-----') : PRIVATE.test(text);
  if (isThere) return text;
  throw new ToolError(`--${option} ${quoted(path)} holds no ${HELD[what]} in PEM form.`, {
    hint:
      what === 'CERTIFICATE'
        ? 'It begins with -----BEGIN CERTIFICATE-----.'
        : 'It begins with -----BEGIN PRIVATE KEY-----. Out of a .p12 or .pfx: openssl pkcs12 -in FILE -nodes -nocerts.',
  });
}

/** @throws ToolError where a file for TLS is given and no address has TLS */
export function refuseTlsWithout(settings: PemSettings, urls: readonly string[]): void {
  const idle = (['ca', 'cert', 'key'] as const).find((name) => settings[name] !== undefined);
  if (idle === undefined || urls.length === 0 || urls.some((url) => url.startsWith('wss:'))) return;
  throw new ToolError(
    `--${idle} is about wss://, and ${urls.length === 1 ? 'the address has' : 'no address has'}${urls.length === 1 ? ' no' : ''} TLS.`,
    {
      hint: 'Write wss:// in --url, or leave it out.',
    },
  );
}
