// Relative links in Markdown lead to files that exist, and `#fragments` to headings that exist. Links out of the repository are not fetched.

import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { filesUnder } from './files.mjs';
import { root } from './node24.mjs';

const LINK = /\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)|\b(?:src|href)="([^"]+)"/g;

/** GitHub's anchor of a heading. */
export function anchorOf(heading) {
  const text = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').replace(/[`*]/g, '');
  return text
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replace(/\s/g, '-');
}

const withoutCode = (markdown) => markdown.replace(/^(```|~~~)[\s\S]*?^\1/gm, '').replace(/`[^`\n]*`/g, '');

export function linksIn(markdown) {
  const links = [...withoutCode(markdown).matchAll(LINK)].map((match) => match[1] ?? match[2]);
  return links.filter((link) => !/^([a-z][a-z0-9+.-]*:|\/\/)/i.test(link));
}

const headingsIn = (markdown) =>
  markdown
    .replace(/^(```|~~~)[\s\S]*?^\1/gm, '')
    .split('\n')
    .flatMap((line) => /^#{1,6}\s+(.*?)\s*#*$/.exec(line)?.[1] ?? []);

export function checkDocLinks() {
  const files = filesUnder('.', (file) => file.endsWith('.md'));
  const problems = files.flatMap((file) =>
    linksIn(readFileSync(path.join(root, file), 'utf8')).flatMap((link) => {
      const [target, fragment] = decodeURI(link).split('#');
      const to = target === '' ? file : path.posix.join(path.posix.dirname(file), target.replace(/\?.*$/, ''));
      if (!existsSync(path.join(root, to))) return [`${file}: ${link} leads to nothing.`];
      if (!fragment || !to.endsWith('.md')) return [];
      const anchors = headingsIn(readFileSync(path.join(root, to), 'utf8')).map(anchorOf);
      return anchors.includes(fragment) ? [] : [`${file}: ${link}: ${to} has no such heading.`];
    }),
  );
  return { problems, notes: [`${files.length} documents`] };
}
