// Reads headend.yaml and the environment into one deeply frozen, typed Config. Order: default, file, environment, overrides (flags).
// Every problem is collected, each with the key, the value, where it came from and what would be right. No value is ever guessed.

import { accessSync, constants, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { err, ok, type Result } from '@headend/core';
import { Value } from 'typebox/value';
import { parseDocument } from 'yaml';
import { redact } from '../observe/index.ts';
import { crossProblems } from './config-rules.ts';
import { type ConfigProblem, type ConfigShape, configSchema, type Setting, settings } from './config-schema.ts';

type DeepReadonly<T> = T extends readonly (infer Item)[]
  ? readonly DeepReadonly<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> }
    : T;

export type Config = DeepReadonly<ConfigShape>;

export type { ConfigProblem } from './config-schema.ts';
export type LoadedConfig = { readonly config: Config; readonly warnings: readonly string[]; readonly file: string | undefined };

export type ConfigSources = {
  /** YAML text and the name it is called in problems. */
  readonly file?: { readonly name: string; readonly text: string };
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** From command line flags: dotted key to value; texts are read as in the environment. */
  readonly overrides?: Readonly<Record<string, unknown>>;
};

/** Not settings of their own, but ours all the same: the path of the file itself. */
const CONFIG_FILE_ENV = 'HEADEND_CONFIG';
const DEFAULT_FILE = 'headend.yaml';
/** A configuration is a page of text; a larger file is a mistake (a log, a media file). */
const MAX_FILE_CHARS = 256 * 1024;
const MAX_SHOWN_VALUE = 120;

type Found = { readonly value: unknown; readonly source: string };

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

const distance = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, change));
    }
    row = next;
  }
  return row[b.length] ?? 0;
};

const MAX_TYPO_DISTANCE = 3;

const nearest = (name: string, candidates: readonly string[]): string | undefined => {
  const ranked = candidates.map((candidate) => ({ candidate, far: distance(name.toLowerCase(), candidate.toLowerCase()) }));
  const best = ranked.sort((a, b) => a.far - b.far)[0];
  return best !== undefined && best.far <= MAX_TYPO_DISTANCE ? best.candidate : undefined;
};

const didYouMean = (name: string, candidates: readonly string[]): string => {
  const guess = nearest(name, candidates);
  return guess === undefined ? 'no such setting; headend.example.yaml lists them all' : `no such setting; did you mean "${guess}"?`;
};

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
    problems.push({
      key,
      value: tree,
      source,
      expected: didYouMean(
        key,
        settings.map((setting) => setting.key),
      ),
    });
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

const place = (target: Record<string, unknown>, path: readonly string[], value: unknown): void => {
  const [head, ...rest] = path;
  if (head === undefined) return;
  if (rest.length === 0) {
    target[head] = value;
    return;
  }
  const child = target[head];
  const group = isRecord(child) ? child : {};
  target[head] = group;
  place(group, rest, value);
};

const deepFreeze = (value: unknown): void => {
  if (typeof value !== 'object' || value === null) return;
  for (const child of Object.values(value)) deepFreeze(child);
  Object.freeze(value);
};

const checkOverrides = (overrides: Readonly<Record<string, unknown>>, found: Map<string, Found>, problems: ConfigProblem[]): void => {
  for (const [key, value] of Object.entries(overrides)) {
    const setting = settings.find((candidate) => candidate.key === key);
    if (setting !== undefined)
      found.set(key, { value: typeof value === 'string' ? fromText(setting, value) : value, source: 'command line' });
    else
      problems.push({
        key,
        value,
        source: 'command line',
        expected: didYouMean(
          key,
          settings.map((candidate) => candidate.key),
        ),
      });
  }
};

/** Pure: no file is opened here. */
export const parseConfig = (sources: ConfigSources): Result<LoadedConfig, readonly ConfigProblem[]> => {
  const problems: ConfigProblem[] = [];
  const found = new Map<string, Found>();
  if (sources.file !== undefined) readYaml(sources.file, found, problems);
  const warnings = readEnv(sources.env ?? {}, found);
  checkOverrides(sources.overrides ?? {}, found, problems);

  const tree: Record<string, unknown> = {};
  for (const setting of settings) {
    const given = found.get(setting.key);
    const value = given?.value ?? structuredClone(setting.defaultValue);
    if (given !== undefined && !Value.Check(setting.schema, value)) {
      problems.push({ key: setting.key, value, source: given.source, expected: setting.expected });
    }
    place(tree, setting.path, value);
  }
  if (!Value.Check(configSchema, tree)) return err(problems);
  const sourceOf = (key: string): string | undefined => found.get(key)?.source;
  problems.push(...crossProblems(tree, sourceOf));
  if (problems.length > 0) return err(problems);
  const config = { ...tree, data: resolve(tree.data) };
  deepFreeze(config);
  return ok({ config, warnings, file: sources.file?.name });
};

const readable = (path: string): string | undefined => {
  try {
    accessSync(path, constants.R_OK);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : 'unreadable';
  }
};

const openFile = (name: string, required: boolean): Result<{ name: string; text: string } | undefined, ConfigProblem> => {
  try {
    return ok({ name, text: readFileSync(name, 'utf8') });
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    if (missing && !required) return ok(undefined);
    const why = missing ? 'there is no such file' : error instanceof Error ? error.message : 'unreadable';
    return err({ key: '--config', value: name, source: 'command line', expected: `a readable YAML file (${why})` });
  }
};

/** Reads `file` (from --config or HEADEND_CONFIG; otherwise ./headend.yaml when there is one) and the environment. */
export const loadConfig = (options: {
  readonly file?: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly overrides?: Readonly<Record<string, unknown>>;
}): Result<LoadedConfig, readonly ConfigProblem[]> => {
  const named = options.file ?? options.env[CONFIG_FILE_ENV];
  const opened = openFile(named ?? DEFAULT_FILE, named !== undefined);
  if (!opened.ok) return err([opened.error]);
  const parsed = parseConfig({
    env: options.env,
    overrides: options.overrides ?? {},
    ...(opened.value === undefined ? {} : { file: opened.value }),
  });
  if (!parsed.ok) return parsed;
  const { cert, key } = parsed.value.config.https;
  const unreadable = Object.entries({ 'https.cert': cert, 'https.key': key }).flatMap(([name, path]) => {
    const why = path === '' ? undefined : readable(path);
    return why === undefined ? [] : [{ key: name, value: path, source: 'file system', expected: `a readable PEM file (${why})` }];
  });
  return unreadable.length > 0 ? err(unreadable) : parsed;
};

const shown = (value: unknown): string => {
  const text = redact(JSON.stringify(value) ?? String(value));
  return text.length > MAX_SHOWN_VALUE ? `${text.slice(0, MAX_SHOWN_VALUE)}…` : text;
};

/** The text that stops a start: one line a problem. */
export const formatProblems = (problems: readonly ConfigProblem[]): string =>
  [
    problems.length === 1 ? 'The configuration has a problem:' : `The configuration has ${problems.length} problems:`,
    ...problems.map((problem) => {
      const value = problem.value === undefined ? '' : ` is ${shown(problem.value)}`;
      return `  ${problem.key}${value} (from ${problem.source}); right would be: ${problem.expected}`;
    }),
  ].join('\n');
