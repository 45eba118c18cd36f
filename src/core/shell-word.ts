/**
 * A value as it is typed in a command line: as it is where every shell takes it so, else in quotes. Double quotes mean the
 * same to POSIX shells, PowerShell and cmd where there is nothing in them that a shell would look into.
 */
export function shellWord(text: string): string {
  if (/^[\p{L}\p{N}_:/.,@%+=-]+$/u.test(text)) return text;
  return /["$`!]/.test(text) ? `'${text.replaceAll("'", `'\\''`)}'` : `"${text}"`;
}
