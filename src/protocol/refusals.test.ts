import { expect, test } from 'vitest';
import { refusalMeaning } from './refusals.ts';

test.each([
  ['connect ECONNREFUSED 127.0.0.1:1', 'nothing listens there'],
  ['CERT_HAS_EXPIRED', 'its TLS certificate has expired'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'its TLS certificate is for another name'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'its TLS certificate is signed by itself, and not trusted'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'its TLS certificate is signed by an authority that nobody here knows'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'it answers without TLS'],
  ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'it wants a certificate of the client’s'],
  ['HTTP 301', 'it redirects, and a WebSocket does not follow'],
  ['HTTP 401', 'it asks for credentials'],
  ['HTTP 404', 'there is no WebSocket at that path'],
  ['HTTP 503', 'it is there and takes nobody now'],
  ['HTTP 418', 'it refuses the handshake'],
  ['HTTP 206', 'it answers with a page, and is no WebSocket endpoint'],
  ['HTTP 599', 'it is in trouble itself'],
])('%s means: %s', (error, meaning) => expect(refusalMeaning(error)?.meaning).toBe(meaning));

test('what is in words already is left as it is', () => expect(refusalMeaning('no answer')).toBeUndefined());
