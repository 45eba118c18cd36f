import { ToolError } from '../core/errors.ts';

/**
 * The address of one user: `{session}` and `{user}` are filled in; where the address has neither, rule P1's path is
 * appended. Query and credentials are kept.
 */
export function addressOf(template: string, session: string, user: string): string {
  if (template.includes('{session}') || template.includes('{user}')) {
    return template.replaceAll('{session}', encodeURIComponent(session)).replaceAll('{user}', encodeURIComponent(user));
  }
  const url = new URL(template);
  const base = url.pathname.replace(/\/+$/, '').replace(/\/ws$/, '');
  url.pathname = `${base}/ws/${encodeURIComponent(session)}/${encodeURIComponent(user)}`;
  return url.href;
}

/** An address as it may be printed and stored: without query, fragment and credentials. */
export function printable(template: string): string {
  const withoutQuery = template.replace(/[?#].*$/, '');
  return withoutQuery.replace(/^(\w+:\/\/)[^/@]*@/, '$1');
}

/**
 * Refuses what is no address of a WebSocket server.
 * @throws ToolError
 */
export function checkAddress(template: string): void {
  const trial = template.replaceAll('{session}', 's').replaceAll('{user}', 'u');
  const url = URL.canParse(trial) ? new URL(trial) : undefined;
  if (url && (url.protocol === 'http:' || url.protocol === 'https:')) {
    const scheme = url.protocol === 'http:' ? 'ws' : 'wss';
    throw new ToolError(`--url takes a WebSocket address, and ${printable(template)} is an HTTP one.`, {
      hint: `Did you mean ${printable(template).replace(/^https?/, scheme)}?`,
    });
  }
  if (!url || (url.protocol !== 'ws:' && url.protocol !== 'wss:') || url.hostname === '') {
    throw new ToolError(`--url takes an address such as ws://localhost:8765, not ${printable(template)}.`);
  }
}
