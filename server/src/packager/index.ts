// The packager's public face.

export type { PackagedPart, PackageSink, PresentationPlan, RenditionId, RenditionPlan, SegmentOpening } from './ports.ts';
