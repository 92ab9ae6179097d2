// The routes there are, to answer what the router cannot: which methods an address takes (405 with Allow) and whether it may be called
// from other sites (CORS preflight).

export type RouteEntry = {
  readonly pattern: RegExp;
  readonly methods: ReadonlySet<string>;
  readonly cors: boolean;
  readonly exact: boolean;
};

const escapeText = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** `/v1/streams/:id/playback` → an expression for one path part in place of `:id`. */
export const patternOf = (url: string): RegExp =>
  new RegExp(
    `^${url
      .split('/')
      .map((part) => (part.startsWith(':') ? '[^/]+' : escapeText(part)))
      .join('/')}/?$`,
  );

export class RouteTable {
  readonly #entries: RouteEntry[] = [];

  add(url: string, methods: readonly string[], cors: boolean): void {
    if (!url.includes('*')) this.#entries.push({ pattern: patternOf(url), methods: new Set(methods), cors, exact: !url.includes(':') });
  }

  match(path: string): { readonly methods: readonly string[]; readonly corsMethods: readonly string[] } {
    const matching = this.#entries.filter((entry) => entry.pattern.test(path));
    // `/v1/streams/start` is itself, not the stream `start`.
    const exact = matching.filter((entry) => entry.exact);
    const found = exact.length > 0 ? exact : matching;
    const methodsOf = (entries: readonly RouteEntry[]): readonly string[] =>
      [...new Set(entries.flatMap((entry) => [...entry.methods]))].sort();
    return { methods: methodsOf(found), corsMethods: methodsOf(found.filter((entry) => entry.cors)) };
  }
}
