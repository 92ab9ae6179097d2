// What the server says, in the order and form that encoders have been seen to need: FFmpeg skips exactly two values after
// "onStatus", GStreamer waits for a status on the published message stream, OBS knows its fatal codes by name.

import { type AmfValue, amfObject } from './amf-value.ts';
import { serverCapabilities } from './enhanced.ts';
import { type RtmpMessage, UserControlEvent } from './message.ts';
import { setChunkSize, setPeerBandwidth, streamBegin, userControl, windowAckSize, writeCommand } from './messages.ts';

/** How much a publisher may send between acknowledgements; the value of every server in the field. */
export const WINDOW_BYTES = 2_500_000;
/** FFmpeg adopts this for its own sending; large, so that a frame is few chunks. */
export const SERVER_CHUNK_SIZE = 60_000;
const STREAM_CSID = 5;

export type StatusLevel = 'status' | 'error';

const status = (level: StatusLevel, code: string, description: string): AmfValue => amfObject({ level, code, description });

export const connectReplies = (transactionId: number): readonly RtmpMessage[] => [
  windowAckSize(WINDOW_BYTES),
  setPeerBandwidth(WINDOW_BYTES),
  setChunkSize(SERVER_CHUNK_SIZE),
  streamBegin(0),
  writeCommand({
    name: '_result',
    transactionId,
    args: [
      amfObject({ fmsVer: 'FMS/3,0,1,123', capabilities: 31, mode: 1 }),
      amfObject({
        level: 'status',
        code: 'NetConnection.Connect.Success',
        description: 'Connection succeeded.',
        objectEncoding: 0,
        ...serverCapabilities(),
      }),
    ],
  }),
];

export const connectError = (transactionId: number, code: string, description: string): RtmpMessage =>
  writeCommand({ name: '_error', transactionId, args: [null, status('error', code, description)] });

export const result = (transactionId: number, value: AmfValue): RtmpMessage =>
  writeCommand({ name: '_result', transactionId, args: [null, value] });

/** For calls that are only acknowledged (_checkbw). */
export const emptyResult = (transactionId: number): RtmpMessage => writeCommand({ name: '_result', transactionId, args: [null] });

export const callFailed = (transactionId: number, description: string): RtmpMessage =>
  writeCommand({ name: '_error', transactionId, args: [null, status('error', 'NetConnection.Call.Failed', description)] });

export const onStatus = (msid: number, level: StatusLevel, code: string, description: string): RtmpMessage =>
  writeCommand({ name: 'onStatus', transactionId: 0, args: [null, status(level, code, description)] }, msid, STREAM_CSID);

/** Encoders of the FMLE family that called FCPublish wait for its echo. */
export const publishStart = (msid: number, echoFcPublish: boolean): readonly RtmpMessage[] => [
  streamBegin(msid),
  ...(echoFcPublish ? [onFcPublish(msid)] : []),
  onStatus(msid, 'status', 'NetStream.Publish.Start', 'Publishing.'),
];

const onFcPublish = (msid: number): RtmpMessage =>
  writeCommand(
    { name: 'onFCPublish', transactionId: 0, args: [null, status('status', 'NetStream.Publish.Start', 'Publishing.')] },
    msid,
    STREAM_CSID,
  );

export const pingRequest = (now: number): RtmpMessage => userControl(UserControlEvent.pingRequest, now % 2 ** 32);
export const pingResponse = (value: number): RtmpMessage => userControl(UserControlEvent.pingResponse, value);
