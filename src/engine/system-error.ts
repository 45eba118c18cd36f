/** The Node error that says why a connection could not be had. */
export type SystemError = Error & { code?: string; errors?: SystemError[]; address?: string };

/** What the system said: `ECONNREFUSED ::1, ECONNREFUSED 127.0.0.1`, or the library's words, in one line. */
export function causeOf(error: SystemError): string {
  if (error.errors && error.errors.length > 0) return error.errors.map(causeOf).join(', ');
  const status = /Unexpected server response: (\d+)/.exec(error.message);
  if (status) return `HTTP ${status[1]}`;
  if (error.code?.startsWith('WS_ERR')) return error.message;
  return error.code ? `${error.code}${error.address ? ` ${error.address}` : ''}` : error.message;
}
