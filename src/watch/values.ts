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

/** A field that should be text, whatever it is: what came over the wire may make nothing of itself. */
export const plainWords = (value: unknown): string =>
  typeof value === 'string' ? value : String(JSON.stringify(value));
