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
  return withoutQuery.replace(/^(\w+:\/\/)?[^/]*@/, '$1');
}
