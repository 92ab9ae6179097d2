// The multivariant playlist as it is served: rendered once per change, and with the one promise that publishing can break:
// EXT-X-INDEPENDENT-SEGMENTS (rfc8216bis §4.4.2.1).

import { writeMultivariant } from '@headend/manifest';
import { multivariantOf, type RenditionSummary } from './multivariant-view.ts';
import { RenderedText } from './rendered-text.ts';

export class MultivariantText {
  #independentSegments = true;
  #text: RenderedText | undefined;

  /** Something that it states has changed. */
  invalidate(): void {
    this.#text = undefined;
  }

  /** A segment that no decoder can start at was published: EXT-X-INDEPENDENT-SEGMENTS would be untrue from now on. */
  dependentSegment(): void {
    if (this.#independentSegments) this.#text = undefined;
    this.#independentSegments = false;
  }

  /** `summaries` is only called when the text has to be written. */
  rendered(summaries: () => readonly RenditionSummary[]): RenderedText {
    this.#text ??= new RenderedText(writeMultivariant(multivariantOf(summaries(), this.#independentSegments)));
    return this.#text;
  }
}
