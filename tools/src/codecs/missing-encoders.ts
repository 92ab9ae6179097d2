// Which of the encoders that Headend's own signal needs are not in the installed codec library. Loads the native library only when asked.

/** Names as FFmpeg knows them. */
export const missingEncoders = async (): Promise<readonly string[]> => {
  const [{ Codec }, { FF_ENCODER_AAC, FF_ENCODER_LIBOPUS, FF_ENCODER_LIBX264 }] = await Promise.all([
    import('node-av/lib'),
    import('node-av/constants'),
  ]);
  return [FF_ENCODER_LIBX264, FF_ENCODER_AAC, FF_ENCODER_LIBOPUS].filter((name) => Codec.findEncoderByName(name) === null);
};
