// Golden bytes for the codec tests. Each was written by an encoder that is not ours (FFmpeg 5.1 with x264, x265, libaom, SVT-AV1,
// rav1e, libvpx, libopus, LAME) from synthetic sources, so nobody's work is in them; the command stands beside each.
// Expectations in the tests are what ffprobe says about the same file. Not part of the package's public face.

export const hex = (text: string): Uint8Array => {
  const digits = text.replaceAll(/\s/g, '');
  return Uint8Array.from({ length: digits.length / 2 }, (_, i) => Number.parseInt(digits.slice(i * 2, i * 2 + 2), 16));
};

// ffmpeg -f lavfi -i testsrc2=size=WxH:rate=R -c:v libx264 … x.mp4; the payload of avcC.
export const avcC = {
  /** size=320x180:rate=25 -profile:v main */
  main320x180: hex('014d400cffe10019674d400ceca0a0cfcf80880000030008000003019078a14cb001000468ef8fc8'),
  /** size=854x480:rate=30000/1001 -profile:v high -color_primaries bt709 -color_trc bt709 -colorspace bt709 */
  high854x480: hex('0164001fffe1001c6764001facd940d83de6f016a020202800001f480007530078c18cb001000468ef8fcbfdf8f800'),
  /** size=1920x1080:rate=30 -preset ultrafast -tune zerolatency: cropped from 1088 lines */
  baseline1080: hex('0142c028ffe100196742c028da01e0089f970110000003001000000303c8f1832a01000468ce0fc8'),
  /** size=1920x1080:rate=25 -flags +ildct+ilme -x264opts tff=1 */
  interlaced1080: hex('014d4028ffe10019674d4028f403c0227ef011000003000100000300321f162ea001000468de0fc8'),
  /** size=640x360:rate=60 -profile:v high10 -pix_fmt yuv420p10le */
  high10: hex('016e001fffe1001a676e001fa6cd940a02ff970110000003001000000780f183196001000468ef8fcbfdfafa00'),
  /** size=640x360:rate=50 -profile:v high422 -pix_fmt yuv422p10le */
  high422: hex('017a001fffe1001b677a001fb6cd940a02ff89c044000003000400000301903c60c65801000468ef8fcbfefafa00'),
  /** size=640x360:rate=30 -pix_fmt yuv444p */
  high444: hex('01f4001effe1001b67f4001e919b281405ff138088000003000800000301e078b16cb001000668ebe3c44844fff8f800'),
  /** size=638x358:rate=30 -pix_fmt gray: chroma_format_idc 0, full range */
  gray638x358: hex('0164001effe1001b6764001ef3650280bfb8bc05b2000003000200000300781e2c5b2c01000668ebe3cb22c0fcf8f800'),
  /** size=720x576:rate=25 -vf setsar=64/45 -profile:v baseline */
  anamorphic: hex('0142c01effe1001c6742c01eda02d049bff0040002d1000003000100000300320f162ea001000468ce0fc8'),
  /** size=854x480:rate=30 -x264opts cqm=jvt:nal-hrd=cbr:vbv-maxrate=1000:vbv-bufsize=1000:bitrate=1000:overscan=show:chromaloc=1:fullrange=on */
  hrd: hex('0164001fffe100266764001facd940d83de6f01a6a50000003001000000303c604000f424001e84e4c30078c18cb01000668ebecb3002cfdf8f800'),
} as const;

// ffmpeg -f lavfi -i testsrc2=size=WxH:rate=R -c:v libx265 -tag:v hvc1 -preset ultrafast -x265-params …:info=0 x.mp4; the payload of hvcC.
export const hvcC = {
  /** size=854x480:rate=30 hrd=1:vbv-maxrate=2000:vbv-bufsize=2000:scaling-list=default:sar=12:range=full:colorprim=bt709:transfer=bt709:colormatrix=bt709:ref=4:chromaloc=1:overscan=show */
  full854x480: hex(`0101600000009000000000005af002fffdf8f800001304a00001001c40010c02ffff01600000030090000003000003005a00009598acc0
    48a10001004542010201600000030090000003000003005a0000a006c201e1cde59598acc949c2f0cb7010101a410000030001000003001e609c966e000f424001e8
    4b8003d090007a1220a2000100064401c073c18927000100064e0181010f80`),
  /** size=640x360:rate=30 -pix_fmt yuv422p10le interlace=tff */
  rext422: hex(`0104080000004d08000000003ff000fcfefafa00000f04a00001001740010c01ffff0408000003004d0800000300003f959409a10001002a
    42010104080000 03004d0800000300003fb005020171f12d965654a4c2f0168680000003008000000f04a2000100064401c073c18927000100064e0181010f80`),
} as const;

/** size=1920x1080:rate=60 -pix_fmt yuv420p10le colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc:range=limited */
export const hevcHdr = {
  vps: hex('40010c01ffff02200000030090000003000003007b959409'),
  sps: hex('42010102200000030090000003000003007ba003c0801107cad965654a4c2f016a12201208000003000800000301e040'),
  pps: hex('4401c073c18927'),
} as const;

// ffmpeg -f lavfi -i testsrc2=size=WxH:rate=R -c:v … x.mp4; the payload of av1C.
export const av1C = {
  /** size=640x360:rate=30 libaom-av1 */
  aom: hex('81010c000a0b0000000cc4ff6736be4010'),
  /** size=854x480:rate=30 libsvtav1 -pix_fmt yuv420p10le, colours bt709 */
  svt10: hex('81044c000a0e00000024c6abdf00be1404040410'),
  /** size=640x360:rate=30 libaom-av1 -pix_fmt gray */
  mono: hex('81011c000a0b0000000cc4ff6736be4a80'),
  /** libaom-av1 -pix_fmt yuv444p -color_primaries bt2020 -color_trc smpte2084 -colorspace bt2020nc -color_range pc */
  hdr444: hex('812100000a0e2000000cc4ff6736be4848804c80'),
  /** libaom-av1 -pix_fmt yuv444p12le */
  professional12: hex('814160000a0b4000000cc4ff6736be5810'),
  /** size=3840x2160:rate=60 librav1e */
  rav1e2160: hex('811f0c000a0f000000faefbfe1bc42151020202140'),
} as const;

/** ffmpeg -f lavfi -i color=c=gray:size=64x64:rate=25 -c:v libaom-av1 -cpu-used 8 -f obu: temporal units 1 and 2 */
export const av1Units = {
  key: hex('12000a0a00000002afff9b5f2008320c10009680000200000000ec84'),
  inter: hex('120032113003c080000006c0000002800020009910'),
} as const;

/** ffmpeg -f lavfi -i color=c=gray:size=64x64:rate=25 -c:v libx264 -x264opts keyint=5:min-keyint=5:open-gop=1:bframes=2 -threads 1 */
export const openGop = {
  sps: hex('6764000aacd94426c044000003000400000300c83c489658'),
  pps: hex('68ef8fcb'),
  idr: hex('6588840037fffa7f5fe3ffefefb813a9e988b50433f0830541064e320f4cc381'),
  inter: hex('419a2318857ffe388dc0'),
  recoveryPoint: hex('060601c480'),
  intra: hex('41889940effa7f87eebffffbeeb47316e487599b522d9f74998f3dc2eba67f'),
} as const;

/** ffmpeg -f lavfi -i color=c=gray:size=64x64:rate=25 -c:v libx265 -preset ultrafast -x265-params info=0 -f hevc */
export const hevcStream = hex(`0000000140010c01ffff01600000030090000003000003001e959409000000014201010160000003009000000300000300
  1ea0208105965654a4c2f0168080000003008000000c84000000014401c073c0890000012801ac76071c24748e000000010201d02149883ba098`);

/** ffmpeg -f lavfi -i color=c=gray:size=64x64:rate=25 -c:v libvpx-vp9 (libvpx) -f ivf: frames 1 and 2 */
export const vpFrames = {
  vp9Key: hex('824983420003f003f60038241c184a00003060000013b818000000'),
  vp9Inter: hex('860040929c00500000032000005470'),
  vp8Key: hex('f002009d012a40004000004708858588858488020200067049d96f5416a425e200fe6800'),
  vp8Inter: hex('d101000510ac00180018582ff400088e8000'),
} as const;

// ffmpeg -f lavfi -i sine=frequency=440 -c:a aac x.mp4; the AudioSpecificConfig.
export const audioSpecificConfig = {
  /** -ar 44100 -ac 1 */
  mono44100: hex('120856e500'),
  /** -ar 48000 -ac 2 */
  stereo48000: hex('119056e500'),
  /** -ac 6 */
  surround51: hex('11b056e500'),
  /** channel_layouts=5.0(side): program config element, 5 channels */
  pce50: hex('118004c840002008800d4c61766335392e33372e31303056e500'),
  /** channel_layouts=7.1(wide): program config element, 8 channels */
  pce71: hex('118004c848002000c6400d4c61766335392e33372e31303056e500'),
  /** Hierarchical signalling, 24 → 48 kHz stereo (ISO/IEC 14496-3 table 1.15 written out by hand) */
  heAac: hex('2b118800'),
  /** The same with parametric stereo */
  heAacV2: hex('eb098800'),
  /** Backward compatible signalling, 24 → 48 kHz stereo, by hand */
  heAacCompatible: hex('131056e598'),
} as const;

/** ffmpeg … -ar 48000 -ac 2 -c:a aac -f adts: header of the first frame, 310 bytes with it */
export const adtsHeader = hex('fff14c8026dffc');

/** ffmpeg … -c:a libopus x.mp4 and x.ogg, stereo and -ac 6 */
export const opus = {
  head: hex('4f707573486561640102380180bb0000000000'),
  dops: hex('000201380000bb80000000'),
  dops51: hex('000601380000bb800000010402000401020305'),
} as const;

/** ffmpeg … -ar 44100 -ac 2 -c:a flac: the head of x.flac, dfLa of x.mp4, head of the first frame */
export const flac = {
  head: hex('664c614380000022120012000004a30005080ac442f0000022745d105ceb212ad5d36e4f5608def3d8b7'),
  dfla: hex('0000000080000022120012000004a30005080ac442f0000022745d105ceb212ad5d36e4f5608def3d8b7'),
  frame: hex('fff85988008a4e000000b501'),
} as const;

/** ffmpeg … -ar 48000 -ac 6 -c:a ac3 (eac3): head of the first syncframe, and the box of x.mp4 */
export const dolby = {
  ac3Frame: hex('0b77d0f81e40ebf8403eff99ff0841fc'),
  dac3: hex('103de0'),
  eac3Head: hex('0b77037f3f87c00020f820000200400004001fcc7e0107e1'),
  eac3FrameBytes: 1792,
  dec3: hex('0e00200f00'),
} as const;

/** ffmpeg … -ar 44100 -ac 2 -c:a libmp3lame: frame header, 417 bytes */
export const mp3Header = hex('fffb9064');
