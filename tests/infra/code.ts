import { readSettings } from '../../src/app/settings';

export type Settings = Readonly<Record<string, string>>;

/** A function as it registers itself. */
export interface RegisteredFunction {
  name: string;
  bindings: Record<string, unknown>[];
}

/** Loads the built bundle with these settings, as the host does, and answers what it registers. */
export function registeredFunctions(settings: Settings): RegisteredFunction[] {
  const registered: RegisteredFunction[] = [];
  const core = {
    Disposable: class {},
    version: '0',
    registerFunction: ({ name, bindings }: { name: string; bindings: Record<string, Record<string, unknown>> }) =>
      registered.push({ name, bindings: Object.values(bindings) }),
    registerHook: () => {},
    setProgrammingModel: () => {},
    log: () => {},
  };
  const environment = process.env;
  process.env = { ...settings };
  try {
    jest.isolateModules(() => {
      jest.doMock('@azure/functions-core', () => core, { virtual: true });
      require('../../dist/index.js');
    });
  } finally {
    process.env = environment;
  }
  return registered;
}

/** The names of the settings that our code asks for, where it finds these. */
export function settingsAskedFor(settings: Settings): Set<string> {
  const asked = new Set<string>();
  readSettings(
    new Proxy(settings, {
      get(found, name) {
        asked.add(String(name));
        return found[String(name)];
      },
    }),
  );
  return asked;
}
