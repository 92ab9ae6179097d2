// The two list structures inside an HEVC SPS that must be walked to reach what lies behind them: scaling_list_data()
// (ITU-T H.265 §7.3.4) and st_ref_pic_set() (§7.3.7). Nothing is kept; every count is bounded as §7.4 says.

import type { BitReader } from '@headend/core';

const MAX_SHORT_TERM_SETS = 64;
const MAX_DELTA_POCS = 16;

const skipScalingList = (r: BitReader, sizeId: number): void => {
  if (!r.flag()) {
    r.ue(); // scaling_list_pred_matrix_id_delta
    return;
  }
  const coefficients = Math.min(64, 1 << (4 + (sizeId << 1)));
  if (sizeId > 1) r.se(); // scaling_list_dc_coef_minus8
  for (let i = 0; i < coefficients && !r.overrun; i++) r.se();
};

export const skipScalingListData = (r: BitReader): void => {
  for (let sizeId = 0; sizeId < 4; sizeId++) {
    for (let matrixId = 0; matrixId < 6; matrixId += sizeId === 3 ? 3 : 1) skipScalingList(r, sizeId);
  }
};

/** A set predicted from the previous one; how many pictures it names. */
const skipPredictedSet = (r: BitReader, previous: number): number => {
  r.skip(1); // delta_rps_sign
  r.ue(); // abs_delta_rps_minus1
  let count = 0;
  for (let j = 0; j <= previous; j++) {
    const used = r.flag();
    if (used || r.flag()) count += 1; // use_delta_flag is read only when not used by the current picture
  }
  return count;
};

/** How many pictures the set names, or undefined when that is more than the standard allows. */
const skipExplicitSet = (r: BitReader): number | undefined => {
  const negative = r.ue();
  const positive = r.ue();
  if (negative > MAX_DELTA_POCS || positive > MAX_DELTA_POCS) return undefined;
  for (let i = 0; i < negative + positive; i++) {
    r.ue(); // delta_poc_s0_minus1 or delta_poc_s1_minus1
    r.skip(1); // used_by_curr_pic flag
  }
  return negative + positive;
};

/** num_short_term_ref_pic_sets and the sets; false when a count is out of range. */
export const skipShortTermReferenceSets = (r: BitReader): boolean => {
  const sets = r.ue();
  if (sets > MAX_SHORT_TERM_SETS) return false;
  let previous = 0;
  for (let i = 0; i < sets && !r.overrun; i++) {
    const predicted = i > 0 && r.flag();
    const count = predicted ? skipPredictedSet(r, previous) : skipExplicitSet(r);
    if (count === undefined || count > MAX_DELTA_POCS) return false;
    previous = count;
  }
  return true;
};
