// What one entry of the target table is: a parser (or several that read the same bytes) with real inputs to start from.
// The bytes of a text target are UTF-8, so that broken sequences are part of the game.

/** A function or class, for its name. */
export type Named = { readonly name: string };

export type Target = {
  readonly name: string;
  /** Exported parsers that this target exercises: coverage.test.ts checks that none is left out. */
  readonly covers: readonly Named[];
  /** Real inputs. Each is run unchanged first. */
  readonly corpus: readonly Uint8Array[];
  /** Words worth inserting: tags, magic numbers, separators. */
  readonly words?: readonly Uint8Array[];
  /** Values that the output may have whatever the input's length (see work.ts); a stated limit of the parser explains it. */
  readonly allowance?: number;
  /** Parses; what comes back is measured. A promise is awaited. */
  readonly run: (input: Uint8Array) => unknown;
};

const encoder = new TextEncoder();

export const bytesOf = (text: string): Uint8Array => encoder.encode(text);

export const textTarget = (
  name: string,
  covers: readonly Named[],
  corpus: readonly string[],
  words: readonly string[],
  run: (text: string) => unknown,
): Target => ({
  name,
  covers,
  corpus: corpus.map(bytesOf),
  words: words.map(bytesOf),
  run: (input) => run(new TextDecoder().decode(input)),
});
