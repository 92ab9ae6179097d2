// The multivariant playlist as data (rfc8216bis §4.4.6). Left out: I-frame variants, session data, steering, subtitles.

export type Variant = {
  readonly uri: string;
  /** Peak segment bitrate in bits per second, audio included. */
  readonly bandwidth: number;
  readonly averageBandwidth: number | undefined;
  /** Every format in every rendition of the variant, comma separated. */
  readonly codecs: string | undefined;
  readonly resolution: { readonly width: number; readonly height: number } | undefined;
  /** Printed with three decimals. */
  readonly frameRate: number | undefined;
  /** Absent means SDR. */
  readonly videoRange: 'SDR' | 'HLG' | 'PQ' | undefined;
  /** GROUP-ID of its audio renditions. */
  readonly audio: string | undefined;
  readonly stableVariantId: string | undefined;
};

export type AudioRendition = {
  readonly groupId: string;
  readonly name: string;
  /** Absent when the audio is muxed into the variant. */
  readonly uri: string | undefined;
  readonly isDefault: boolean;
  readonly autoselect: boolean;
  readonly language: string | undefined;
  readonly channels: number | undefined;
};

export type MultivariantPlaylist = {
  /** Every segment of every rendition can be decoded on its own. */
  readonly independentSegments: boolean;
  readonly audio: readonly AudioRendition[];
  readonly variants: readonly Variant[];
};
