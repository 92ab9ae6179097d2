// Finds the import and export-from statements of a TypeScript source, static and dynamic, without a parser.

/** Comments become blanks of the same shape, so that line starts stay line starts. Only comments that open a line or follow code with a space. */
export function stripComments(source) {
  return source.replace(/(^|[\s;{}(,])\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, ' ')).replace(/(^|\s)\/\/[^\n]*/g, '$1');
}

const FROM = /(?:^|[;}])[ \t]*(?:import|export)\s+(type\s+)?(?:[\w$*][\w$*\s,]*)?(?:\{[^}]*\})?\s*from\s*(['"])([^'"\n]+)\2/gm;
const SIDE_EFFECT = /(?:^|[;}])[ \t]*import\s*(['"])([^'"\n]+)\1/gm;
const DYNAMIC = /\bimport\s*\(\s*(['"])([^'"\n]+)\1/g;

/** In no particular order. `typeOnly`: the whole statement is erased (`import type`, `export type`). */
export function scanImports(source) {
  const code = stripComments(source);
  return [
    ...[...code.matchAll(FROM)].map((match) => ({ specifier: match[3], typeOnly: match[1] !== undefined })),
    ...[...code.matchAll(SIDE_EFFECT)].map((match) => ({ specifier: match[2], typeOnly: false })),
    ...[...code.matchAll(DYNAMIC)].map((match) => ({ specifier: match[2], typeOnly: isTypeQuery(code, match.index) })),
  ];
}

/** `typeof import('x')` and `: import('x').T` name types; awaited ones run. */
function isTypeQuery(code, at) {
  return /(?:typeof|:|<|\|)\s*$/.test(code.slice(Math.max(0, at - 20), at));
}
