// Loaded into a server process by `--import`: writes down when each part reaches the origin, before anybody is told of it. One line
// a part, `<rendition> <msn> <part> <nanoseconds>`, on the clock that all processes of a machine share (CLOCK_MONOTONIC). It wraps the
// origin's own method, so that the server needs no switch for measuring; ten lines a second do not weigh.

import { openSync, writeSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

const file = process.env['HEADEND_BENCH_STAMPS'];

if (isMainThread && file !== undefined) {
  const { LivePresentation } = await import('../../server/src/origin/live-presentation.ts');
  const stamps = openSync(file, 'a');
  const { part: publish } = LivePresentation.prototype;
  LivePresentation.prototype.part = function part(id, given) {
    const at = process.hrtime.bigint();
    publish.call(this, id, given);
    writeSync(stamps, `${id} ${given.msn} ${given.part} ${at}\n`);
  };
}
