import * as modules from 'node:module';
import { builtUrl, fromSource, packageRoot } from './programs.ts';

/** The name under which scenario and config files import this package. */
const PACKAGE = 'collab-loadtest';

type NextResolve = (specifier: string, context: unknown) => unknown;
type RegisterHooks = (hooks: { resolve(specifier: string, context: unknown, next: NextResolve): unknown }) => void;

let known = false;

/**
 * Makes `import … from 'collab-loadtest'` find this very package from any file, also one that lies in a folder
 * without `node_modules`: `npx` installs the program where a user's file cannot see it.
 */
export function aliasPackage(): void {
  if (known) return;
  known = true;
  const url = (fromSource ? new URL('src/index.ts', packageRoot) : builtUrl('index.js')).href;
  // Synchronous hooks came with Node 22.15, and the asynchronous ones are on their way out.
  const { registerHooks } = modules as { registerHooks?: RegisterHooks };
  if (registerHooks) {
    registerHooks({
      resolve: (specifier, context, next) =>
        specifier === PACKAGE ? { url, format: 'module', shortCircuit: true } : next(specifier, context),
    });
    return;
  }
  const hook = `export const resolve = (specifier, context, next) =>
    specifier === '${PACKAGE}' ? { url: ${JSON.stringify(url)}, shortCircuit: true } : next(specifier, context);`;
  modules.register(`data:text/javascript,${encodeURIComponent(hook)}`);
}
