/** The variables that name a proxy, most particular first. Programs read them in either case. */
const FOR = { 'ws:': ['HTTP_PROXY', 'ALL_PROXY'], 'wss:': ['HTTPS_PROXY', 'ALL_PROXY'] } as const;

/**
 * That a proxy is set for an address that could not be reached, and not used; nothing where none is. Of its value only
 * host and port are told.
 */
export function proxyNote(
  address: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
): string | undefined {
  const { protocol, hostname } = new URL(address);
  if (isExempt(hostname, read(env, 'NO_PROXY')?.value ?? '')) return undefined;
  const all = protocol === 'wss:' ? FOR['wss:'] : FOR['ws:'];
  // A proxy for the other scheme as well: whoever set one may mean it for both.
  const names = [...new Set([...all, 'HTTPS_PROXY', 'HTTP_PROXY'])];
  const found = names.map((name) => read(env, name)).find((one) => one !== undefined);
  if (!found) return undefined;
  const where = placeOf(found.value);
  return `A proxy is set in the environment (${found.name}${where === undefined ? '' : `: ${where}`}), and this tool does not use it: it connects to the server directly.`;
}

function read(
  env: Readonly<Record<string, string | undefined>>,
  name: string,
): { name: string; value: string } | undefined {
  for (const one of [name, name.toLowerCase()]) {
    const value = env[one];
    if (value !== undefined && value !== '') return { name: one, value };
  }
  return undefined;
}

function placeOf(value: string): string | undefined {
  try {
    return new URL(/^[a-z][\w+.-]*:\/\//i.test(value) ? value : `http://${value}`).host || undefined;
  } catch {
    return undefined;
  }
}

/** Whether NO_PROXY names a host, or a domain that it is in. */
function isExempt(host: string, list: string): boolean {
  return list
    .split(/[\s,]+/)
    .map((one) =>
      one
        .replace(/^\*?\./, '')
        .replace(/:\d+$/, '')
        .toLowerCase(),
    )
    .some((one) => one !== '' && (one === '*' || host === one || host.endsWith(`.${one}`)));
}
