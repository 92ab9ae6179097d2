// The public face of @headend/tools/clock.

export { type ClockBar, type ClockReading, clockBar, drawClockCells, readClockCells } from './cells.ts';
export { type FlashBox, flashBox, flashLevel } from './flash.ts';
