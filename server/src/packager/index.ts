// The packager's public face.

export { Packager, type PackagerOptions } from './packager.ts';
export type { PackagedPart, PackageSink, PresentationPlan, RenditionId, RenditionPlan, ResumePoint, SegmentOpening } from './ports.ts';
