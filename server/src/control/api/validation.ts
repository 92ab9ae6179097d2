// Request validation by TypeBox, the same checker the configuration uses: unknown members are refused, not dropped; only addresses (query
// and path), which are text by nature, are converted to numbers and booleans.

import { AppError } from '@headend/core';
import type { FastifySchemaCompiler, FastifyTypeProvider } from 'fastify';
import type { Static, TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { Value } from 'typebox/value';

export interface TypeBoxProvider extends FastifyTypeProvider {
  validator: this['schema'] extends TSchema ? Static<this['schema']> : unknown;
  serializer: this['schema'] extends TSchema ? Static<this['schema']> : unknown;
}

/** Fields named in a problem; a body full of mistakes is not described whole. */
const MAX_FIELDS = 16;

type Failure = { readonly keyword: string; readonly instancePath: string; readonly params: object; readonly message: string };

const fieldName = (pointer: string): string => pointer.slice(1).replaceAll('/', '.') || '(body)';

const namesIn = (params: object, member: string): readonly string[] => {
  const value: unknown = Object.entries(params).find(([name]) => name === member)?.[1];
  return Array.isArray(value) ? value.map(String) : [];
};

const describe = (failure: Failure): readonly (readonly [string, string])[] => {
  const inside = (name: string): string => fieldName(`${failure.instancePath}/${name}`);
  if (failure.keyword === 'required') return namesIn(failure.params, 'requiredProperties').map((name) => [inside(name), 'is missing']);
  if (failure.keyword === 'additionalProperties') {
    return namesIn(failure.params, 'additionalProperties').map((name) => [inside(name), 'is not known here']);
  }
  // Says only that a schema was false, which the keywords above explain.
  if (failure.keyword === 'boolean') return [];
  return [[fieldName(failure.instancePath), failure.message]];
};

export const explain = (failures: readonly Failure[]): AppError => {
  const fields: Record<string, string> = {};
  for (const [name, message] of failures.flatMap(describe)) {
    if (Object.keys(fields).length < MAX_FIELDS) fields[name] ??= message;
  }
  const first = Object.entries(fields)[0];
  return new AppError('bad_request', first === undefined ? undefined : `${first[0]} ${first[1]}.`, { fields });
};

export const validatorCompiler: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  const checker = Compile(schema);
  const isText = httpPart !== 'body';
  return (data: unknown) => {
    const value = isText ? Value.Convert(schema, data) : data;
    return checker.Check(value) ? { value } : { error: explain(checker.Errors(value)) };
  };
};
