// Small dealings with node-av that both encoders share. Private encoder options are set on the context, not passed to open2: node-av 6.1
// keeps a pointer to the dictionary that avcodec_open2 has already freed, and crashes when it is collected.

import { invariant } from '@headend/core';
import { AV_LOG_ERROR, AV_OPT_SEARCH_CHILDREN, AV_OPT_TYPE_STRING } from 'node-av/constants';
import { type CodecContext, Log } from 'node-av/lib';

export const setEncoderOption = (context: CodecContext, name: string, value: string): void => {
  const status = context.setOption(name, value, AV_OPT_TYPE_STRING, AV_OPT_SEARCH_CHILDREN);
  invariant(status >= 0, `the encoder does not know the option ${name} (${status})`);
};

/**
 * The codec libraries greet at level "info" on standard error; a status line should not have to compete with that. SVT-AV1 has its
 * own log and reads its level (1: errors only) from the environment when it is opened.
 */
export const quietCodecLog = (): void => {
  Log.setLevel(AV_LOG_ERROR);
  process.env['SVT_LOG'] ??= '1';
};
