// Where settings come from: the text of headend.yaml, environment variables and command line flags. Finds what each of them gives, by dotted
// key and with its origin, a later source over an earlier one. Leaves out whether a value is right (config.ts) and opening the file.

import { parseDocument } from 'yaml';
import { didYouMean } from './config-problems.ts';
import { type ConfigProblem, type Setting, settings } from './config-schema.ts';

export type ConfigSources = {
  /** YAML text and the name it is called in problems. */
  readonly file?: { readonly name: string; readonly text: string };
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** From command line flags: dotted key to value; texts are read as in the environment. */
  readonly overrides?: Readonly<Record<string, unknown>>;
};

/** Not settings of their own, but ours all the same: the path of the file itself. */
export const CONFIG_FILE_ENV = 'HEADEND_CONFIG';
/** A configuration is a page of text; a larger file is a mistake (a log, a media file). */
const MAX_FILE_CHARS = 256 * 1024;

const keys = settings.map((setting) => setting.key);

type Found = { readonly value: unknown; readonly source: string };

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const collectFile = (
  tree: unknown,
  source: string,
  path: readonly string[],
  found: Map<string, Found>,
  problems: ConfigProblem[],
): void => {
  const key = path.join('.');
  const leaf = settings.find((setting) => setting.key === key);
  if (leaf !== undefined) {
    if (tree !== null && tree !== undefined) found.set(key, { value: tree, source });
    return;
  }
  const isGroup = path.length === 0 || settings.some((setting) => setting.key.startsWith(`${key}.`));
  if (!isGroup) {
    problems.push({ key, value: tree, source, expected: didYouMean(key, keys) });
    return;
  }
  if (tree === null || tree === undefined) return;
  if (!isRecord(tree)) {
    const inside = settings
      .filter((setting) => path.length === 0 || setting.key.startsWith(`${key}.`))
      .map((setting) => setting.path[path.length]);
    problems.push({ key: key || '(file)', value: tree, source, expected: `a group of settings (${[...new Set(inside)].join(', ')})` });
    return;
  }
  for (const [name, value] of Object.entries(tree)) collectFile(value, source, [...path, name], found, problems);
};

const readYaml = (file: { name: string; text: string }, found: Map<string, Found>, problems: ConfigProblem[]): void => {
  if (file.text.length > MAX_FILE_CHARS) {
    problems.push({ key: '(file)', source: file.name, expected: `a YAML file of at most ${MAX_FILE_CHARS} characters` });
    return;
  }
  const document = parseDocument(file.text, { prettyErrors: true });
  for (const error of document.errors)
    problems.push({ key: '(file)', source: file.name, expected: `valid YAML: ${error.message.split('\n')[0]}` });
  if (document.errors.length > 0) return;
  try {
    // Aliases are expanded up to the library's bomb limit, beyond which toJS throws.
    collectFile(document.toJS(), file.name, [], found, problems);
  } catch (error) {
    problems.push({ key: '(file)', source: file.name, expected: `valid YAML: ${error instanceof Error ? error.message : 'unreadable'}` });
  }
};

/** An environment variable is text: numbers and lists are written out (`8080`, `h264,aac`). */
const fromText = (setting: Setting, text: string): unknown => {
  const type: unknown = 'type' in setting.schema ? setting.schema.type : undefined;
  if (type === 'integer') return /^-?\d+$/.test(text.trim()) ? Number(text) : text;
  if (type === 'array')
    return text
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== '');
  return text;
};

const readEnv = (env: Readonly<Record<string, string | undefined>>, found: Map<string, Found>): readonly string[] => {
  for (const setting of settings) {
    const text = env[setting.env];
    if (text !== undefined && text !== '') found.set(setting.key, { value: fromText(setting, text), source: setting.env });
  }
  // Orchestrators add variables of their own (a Kubernetes service called "headend" yields HEADEND_SERVICE_HOST), so these only warn.
  const known = settings.map((setting) => setting.env);
  const strangers = Object.keys(env).filter((name) => name.startsWith('HEADEND_') && name !== CONFIG_FILE_ENV && !known.includes(name));
  return strangers.map((name) => `${name}: ${didYouMean(name, known)}`);
};

const readOverrides = (overrides: Readonly<Record<string, unknown>>, found: Map<string, Found>, problems: ConfigProblem[]): void => {
  for (const [key, value] of Object.entries(overrides)) {
    const setting = settings.find((candidate) => candidate.key === key);
    if (setting === undefined) problems.push({ key, value, source: 'command line', expected: didYouMean(key, keys) });
    else found.set(key, { value: typeof value === 'string' ? fromText(setting, value) : value, source: 'command line' });
  }
};

type Given = {
  readonly found: ReadonlyMap<string, Found>;
  readonly problems: readonly ConfigProblem[];
  readonly warnings: readonly string[];
};

/** All that the sources give, unchecked, and what cannot be read or has no place. */
export const readSources = (sources: ConfigSources): Given => {
  const problems: ConfigProblem[] = [];
  const found = new Map<string, Found>();
  if (sources.file !== undefined) readYaml(sources.file, found, problems);
  const warnings = readEnv(sources.env ?? {}, found);
  readOverrides(sources.overrides ?? {}, found, problems);
  return { found, problems, warnings };
};
