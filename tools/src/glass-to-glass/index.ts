// The public face of @headend/tools/glass-to-glass.

export { chromiumArguments, launchChromium, type MeasureOptions, measureGlassToGlass } from './measure.ts';
export { type GlassToGlassReport, reportTable, type Spread } from './report.ts';
