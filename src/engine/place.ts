import { existsSync } from 'node:fs';
import { createRequire, isBuiltin } from 'node:module';
import { isAbsolute } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { codeOf, isOwn, PACKAGE } from './bundle.ts';
import { builtUrl } from './programs.ts';

/** What the code of a file of the user's asks of the place at which the file lies, though it runs elsewhere (bundle.ts). */
export interface Place {
  require: NodeJS.Require;
  /** `import.meta.resolve` */
  resolve(name: string): string;
  /** `import()` of what is only known when it runs; of all options there is one, which says that it is JSON. */
  import(name: unknown, options?: ImportCallOptions): Promise<unknown>;
}

/** @param url the file's */
export function placeOf(url: string): Place {
  const require = createRequire(url);
  const resolve = (name: string): string => {
    if (isBuiltin(name)) return name.startsWith('node:') ? name : `node:${name}`;
    if (isAbsolute(name)) return pathToFileURL(name).href;
    if (/^\.{0,2}\//.test(name)) return new URL(name, url).href;
    if (URL.canParse(name)) return name;
    return name === PACKAGE ? builtUrl('index.js').href : pathToFileURL(require.resolve(name)).href;
  };
  return {
    require,
    resolve,
    async import(name, options) {
      const found = resolve(String(name));
      if (options !== undefined || found.endsWith('.json')) return import(found, { with: { type: 'json' } });
      if (!isOwn(found)) return import(found);
      const path = fileURLToPath(found);
      const code = await codeOf(path, 'all').catch((error: Error) => {
        // Node’s own error, which whoever asks whether a file is there looks for.
        if (!existsSync(path)) return found;
        throw new Error(`${String(name)} ${error.message}`, { cause: error });
      });
      const made = (await import(code)) as { default: unknown };
      return code === found ? made : made.default;
    },
  };
}
