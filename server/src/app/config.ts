// Makes one deeply frozen, typed Config of headend.yaml and the environment. Order: default, file, environment, overrides (flags).
// Every problem is collected, each with the key, the value, where it came from and what would be right. No value is ever guessed.

import { accessSync, constants, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { err, ok, type Result } from '@headend/core';
import { Value } from 'typebox/value';
import { crossProblems } from './config-rules.ts';
import { type ConfigProblem, type ConfigShape, configSchema, settings } from './config-schema.ts';
import { CONFIG_FILE_ENV, type ConfigSources, isRecord, readSources } from './config-sources.ts';

type DeepReadonly<T> = T extends readonly (infer Item)[]
  ? readonly DeepReadonly<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> }
    : T;

export type Config = DeepReadonly<ConfigShape>;
export type LoadedConfig = { readonly config: Config; readonly warnings: readonly string[]; readonly file: string | undefined };

const DEFAULT_FILE = 'headend.yaml';

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

/** Pure: no file is opened here. */
export const parseConfig = (sources: ConfigSources): Result<LoadedConfig, readonly ConfigProblem[]> => {
  const { found, warnings, problems: unreadable } = readSources(sources);
  const problems = [...unreadable];
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
