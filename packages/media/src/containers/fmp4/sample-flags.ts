// sample_flags of ISO/IEC 14496-12 clause 8.8.3.1: `rrrr LL DD PP RR vvv N` + degradation priority (u16).
// depends_on in bits 25–24 (1 = on others, 2 = on none), sample_is_non_sync_sample in bit 16.

/** A picture that a decoder can start at, or any audio frame: depends on no other, sync. */
export const SYNC_SAMPLE_FLAGS = 0x0200_0000;
/** Any other picture: depends on others, not sync. Whether something depends on it is left unknown (0), which is always true. */
export const NON_SYNC_SAMPLE_FLAGS = 0x0101_0000;

const NON_SYNC_BIT = 0x0001_0000;

export const sampleFlags = (key: boolean): number => (key ? SYNC_SAMPLE_FLAGS : NON_SYNC_SAMPLE_FLAGS);
export const isSyncSample = (flags: number): boolean => (flags & NON_SYNC_BIT) === 0;
