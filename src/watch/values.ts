/** Characters of a value that are shown. */
const SHOWN = 24;

/** `−30`, `12.346` */
export const numberWords = (value: unknown): string =>
  typeof value === 'number' ? String(Math.round(value * 1000) / 1000).replace('-', '−') : valueWords(value);

/** A field's value in a few characters. */
export function valueWords(value: unknown): string {
  if (typeof value === 'number') return numberWords(value);
  const json = String(JSON.stringify(value));
  return json.length > SHOWN ? `${json.slice(0, SHOWN - 1)}…` : json;
}
