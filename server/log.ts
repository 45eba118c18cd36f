/** What the server tells a logging library; pino's loggers fit. */
export interface Log {
  debug(fields: object, text: string): void;
  info(fields: object, text: string): void;
  warn(fields: object, text: string): void;
  error(fields: object, text: string): void;
  isLevelEnabled(level: string): boolean;
}

const nothing = (): void => {};

/** Tells nobody. */
export const silent: Log = {
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
  isLevelEnabled: () => false,
};
