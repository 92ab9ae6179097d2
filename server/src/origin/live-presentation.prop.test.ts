// Any order of events that a packager can produce gives playlists without a violation, each also against the one before.

import { test } from 'node:test';
import { millis } from '@headend/core';
import fc from 'fast-check';
import { MemorySegmentFiles } from '../stores/segments/memory.ts';
import { LivePresentation } from './live-presentation.ts';
import { checkPlaylists, SyntheticEncoder, VirtualClock } from './origin.test-kit.ts';
import { WaiterBudget } from './waiters.ts';

type Step = { readonly kind: 'part' | 'gap' | 'cut' | 'interrupt' | 'burst' };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 12, arbitrary: fc.constant<Step>({ kind: 'part' }) },
  { weight: 1, arbitrary: fc.constant<Step>({ kind: 'gap' }) },
  { weight: 3, arbitrary: fc.constant<Step>({ kind: 'cut' }) },
  { weight: 1, arbitrary: fc.constant<Step>({ kind: 'interrupt' }) },
  { weight: 1, arbitrary: fc.constant<Step>({ kind: 'burst' }) },
);

/** Ten parts make the target duration of two seconds; one more would break EXTINF's bound, and a packager never sends it. */
const MAX_PARTS = 10;

class Driver {
  readonly encoder: SyntheticEncoder;
  #parts = 0;

  constructor(encoder: SyntheticEncoder) {
    this.encoder = encoder;
  }

  run({ kind }: Step): void {
    if (kind === 'cut' || this.#parts === MAX_PARTS) {
      if (this.#parts === 0) return;
      this.encoder.cut();
      this.#parts = 0;
    }
    if (kind === 'interrupt' && this.#parts > 0) {
      this.encoder.interrupt(3000);
      this.#parts = 0;
    } else if (kind === 'part' || kind === 'gap') {
      this.encoder.part({ gap: kind === 'gap' });
      this.#parts += 1;
    } else if (kind === 'burst') {
      this.encoder.segments(this.#parts === 0 ? 2 : 0);
    }
  }
}

test('every sequence of sink calls gives playlists that keep the rules', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 120 }), fc.integer({ min: 1, max: 5 }), fc.boolean(), (steps, every, audio) => {
      const clock = new VirtualClock();
      const presentation = new LivePresentation({
        streamId: 'st_1',
        clock,
        files: new MemorySegmentFiles(),
        waiterBudget: new WaiterBudget(1),
        windowMs: millis(8000),
        maxHotBytes: 1e6,
        maxQueuedBytes: 1e6,
        events: {},
      });
      const driver = new Driver(new SyntheticEncoder(presentation, clock, { ids: audio ? ['v0', 'a0'] : ['v0'] }));
      driver.encoder.start();
      let texts = new Map<string, string>();
      for (const [index, each] of steps.entries()) {
        driver.run(each);
        if (index % every === 0) texts = checkPlaylists(presentation, texts);
      }
      texts = checkPlaylists(presentation, texts);
      presentation.end();
      checkPlaylists(presentation, texts);
    }),
    { numRuns: 60 },
  );
});
