// The public face of @headend/tools/demo.

export { demoUsage } from './arguments.ts';
export { bootstrapDestination, type Destination } from './destination.ts';
export { type SignalClock, SignalGenerator, systemClock } from './generator.ts';
export { defaultSignal, type SignalOptions, signalOptions } from './options.ts';
export { type DemoOptions, type DemoStatus, runDemo } from './run-demo.ts';
