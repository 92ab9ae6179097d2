// An address that leads nowhere.

import { strings } from './strings.ts';

export function NotFoundPage() {
  return (
    <main className="mx-auto grid max-w-md justify-items-start gap-3 px-6 pt-24">
      <p className="figures font-mono text-sm text-muted">404</p>
      <h1 className="text-2xl font-semibold">{strings.notFoundTitle}</h1>
      <p className="text-muted">{strings.notFoundText}</p>
      <a className="button mt-2" href="/">
        {strings.home}
      </a>
    </main>
  );
}
