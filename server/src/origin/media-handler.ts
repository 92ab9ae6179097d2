// The HTTP origin (rfc8216bis §6.2): routes, tokens, blocking reload, hinted parts, and what every answer may be cached for.

import { AppError, millis } from '@headend/core';
import { noDirectives, parseDeliveryDirectives } from '@headend/manifest';
import { MEDIA_CACHE, mediaErrorCache, NO_STORE, playlistCache, playlistErrorCache } from './cache-policy.ts';
import { Exchange, type MediaRequest, type MediaResponse } from './exchange.ts';
import type { HotSegment } from './hot-segment.ts';
import type { LivePresentation } from './live-presentation.ts';
import type { LiveRendition } from './live-rendition.ts';
import { type MediaResource, type MediaTarget, parseMediaTarget } from './media-path.ts';
import { initName, segmentName } from './media-playlist-view.ts';
import type { MediaKind, OriginEvents } from './origin-events.ts';
import type { ByteSpan, Clock } from './ports.ts';
import type { TokenCache } from './token-cache.ts';
import type { Viewers } from './viewers.ts';
import { maxBlockingMs, type Waiters, type WaitOutcome } from './waiters.ts';

export type MediaHandlerDeps = {
  readonly clock: Clock;
  readonly tokens: TokenCache;
  readonly viewers: Viewers;
  readonly events: OriginEvents;
  readonly presentation: (streamId: string) => LivePresentation | undefined;
};

/** How long a playlist request waits for a stream that is just starting: below the 10 s after which hls.js gives up on the first byte. */
const START_WAIT_MS = millis(8_000);

const notFound = (detail: string): AppError => new AppError('not_found', detail);
const notLive = (): AppError => new AppError('stream_not_live', 'The stream has not begun yet.');
const overloaded = (): AppError => new AppError('unavailable', 'Too many requests are waiting.');

export class MediaHandler {
  readonly #deps: MediaHandlerDeps;

  constructor(deps: MediaHandlerDeps) {
    this.#deps = deps;
  }

  handle(request: MediaRequest, response: MediaResponse): void {
    const target = parseMediaTarget(request.url ?? '');
    const kind: MediaKind = target?.resource.kind ?? 'other';
    const exchange = new Exchange(request, response, this.#deps.clock, (status, bytes) =>
      this.#deps.events.responded?.(kind, status, bytes),
    );
    this.#guard(exchange, () => {
      if (request.method === 'OPTIONS') exchange.preflight();
      else if (request.method !== 'GET' && request.method !== 'HEAD') exchange.methodNotAllowed();
      else if (target === undefined) exchange.problem(notFound('This is not a media address.'));
      else this.#authorised(exchange, target);
    });
  }

  /** Our own bugs end this one request. */
  #guard(exchange: Exchange, run: () => void): void {
    try {
      run();
    } catch (error) {
      this.#deps.events.failed?.(error);
      if (!exchange.over) exchange.problem(new AppError('internal'));
    }
  }

  #authorised(exchange: Exchange, target: MediaTarget): void {
    const claims = this.#deps.tokens.verify(target.token, target.streamId);
    if (!claims.ok) {
      exchange.problem(claims.error);
      return;
    }
    const presentation = this.#deps.presentation(target.streamId);
    if (presentation === undefined) {
      exchange.problem(new AppError('stream_unknown'));
      return;
    }
    this.#deps.viewers.seen(target.streamId, claims.value.viewerSession);
    this.#route(exchange, presentation, target.resource, target.query);
  }

  #route(exchange: Exchange, presentation: LivePresentation, resource: MediaResource, query: string): void {
    if (resource.kind === 'manifest') {
      this.#whenPlayable(
        exchange,
        presentation,
        () => presentation.playable,
        () => this.#manifest(exchange, presentation),
      );
      return;
    }
    const rendition = presentation.rendition(resource.rendition);
    if (resource.kind === 'playlist') {
      const ready = (): boolean => presentation.rendition(resource.rendition)?.playable === true;
      // With a plan in place an unknown rendition will not appear by waiting.
      if (rendition === undefined && presentation.playable) {
        exchange.problem(notFound('There is no such rendition.'), { cacheControl: mediaErrorCache(presentation.targetDuration) });
        return;
      }
      this.#whenPlayable(exchange, presentation, ready, () => {
        const found = presentation.rendition(resource.rendition);
        if (found !== undefined) this.#playlist(exchange, presentation, found, query);
      });
      return;
    }
    if (rendition === undefined) this.#missing(exchange, presentation);
    else if (resource.kind === 'init') this.#init(exchange, presentation, rendition, resource.index);
    else if (resource.kind === 'segment') this.#segment(exchange, presentation, rendition, resource.msn);
    else this.#part(exchange, presentation, rendition, resource.name);
  }

  #manifest(exchange: Exchange, presentation: LivePresentation): void {
    exchange.playlist(presentation.manifest(), playlistCache(presentation.targetDuration, false));
  }

  /** Waits for the first playable playlist of a stream that is starting. */
  #whenPlayable(exchange: Exchange, presentation: LivePresentation, ready: () => boolean, run: () => void): void {
    const refuse = (): void => exchange.problem(notLive(), { cacheControl: NO_STORE, status: 503 });
    if (ready()) {
      run();
    } else if (presentation.ended || presentation.closed) {
      exchange.problem(notLive(), { cacheControl: NO_STORE, status: 404 });
    } else {
      const settled = (): boolean => ready() || presentation.ended || presentation.closed;
      this.#wait(exchange, presentation.starting, settled, START_WAIT_MS, () => (ready() ? run() : refuse()));
    }
  }

  #playlist(exchange: Exchange, presentation: LivePresentation, rendition: LiveRendition, query: string): void {
    const { targetDuration } = presentation;
    const ended = (): boolean => rendition.hasEnded(presentation);
    // An ended playlist ignores its directives, well formed or not.
    const parsed = ended() ? undefined : parseDeliveryDirectives(query);
    const directives = parsed?.ok === true ? parsed.value : noDirectives;
    const blocking = directives.msn !== undefined || parsed?.ok === false;
    const refuse = (error: AppError): void => exchange.problem(error, { cacheControl: playlistErrorCache(targetDuration, blocking) });
    if (parsed?.ok === false) {
      refuse(new AppError('delivery_directive_invalid', parsed.error.message));
      return;
    }
    const decide = () => rendition.decide(directives, presentation);
    const answer = (): void =>
      exchange.playlist(presentation.playlist(rendition, directives.skip && !ended()), playlistCache(targetDuration, blocking));
    const decision = decide();
    if (decision === 'bad-request') {
      refuse(new AppError('delivery_directive_invalid', 'The directives point too far into the future.'));
    } else if (decision === 'ready') {
      answer();
    } else {
      const ready = (): boolean => presentation.closed || decide() !== 'wait';
      this.#wait(exchange, rendition.waiters, ready, maxBlockingMs(targetDuration), (outcome) => {
        if (presentation.closed) exchange.problem(new AppError('stream_unknown'));
        else if (outcome === 'ready') answer();
        else refuse(new AppError('delivery_timeout'));
      });
    }
  }

  #init(exchange: Exchange, presentation: LivePresentation, rendition: LiveRendition, index: number): void {
    const init = rendition.timeline.inits.get(index);
    if (init === undefined) this.#missing(exchange, presentation);
    else if (init.bytes !== undefined) exchange.media([init.bytes], contentTypeOf(rendition), MEDIA_CACHE);
    else this.#fromDisk(exchange, presentation, rendition, initName(index));
  }

  #segment(exchange: Exchange, presentation: LivePresentation, rendition: LiveRendition, msn: number): void {
    const segment = rendition.timeline.segment(msn);
    if (segment === undefined || segment.gap) this.#missing(exchange, presentation);
    else if (segment.chunks !== undefined) exchange.media(segment.chunks, contentTypeOf(rendition), MEDIA_CACHE);
    else this.#segmentFromDisk(exchange, presentation, rendition, segment);
  }

  /** A hinted part is awaited, not refused; not a byte goes out before all of it exists (§6.2.6). */
  #part(exchange: Exchange, presentation: LivePresentation, rendition: LiveRendition, name: string): void {
    const { timeline } = rendition;
    if (timeline.part(name) !== undefined) {
      this.#existingPart(exchange, presentation, rendition, name);
      return;
    }
    const awaited = (): boolean => timeline.nextPartName === name && !rendition.hasEnded(presentation) && !presentation.closed;
    if (!awaited()) {
      this.#missing(exchange, presentation);
      return;
    }
    this.#wait(
      exchange,
      rendition.waiters,
      () => !awaited(),
      maxBlockingMs(presentation.targetDuration),
      (outcome) => {
        const cacheControl = mediaErrorCache(presentation.targetDuration);
        if (outcome === 'timeout') exchange.problem(new AppError('delivery_timeout'), { cacheControl });
        else this.#existingPart(exchange, presentation, rendition, name);
      },
    );
  }

  #existingPart(exchange: Exchange, presentation: LivePresentation, rendition: LiveRendition, name: string): void {
    const location = rendition.timeline.part(name);
    const part = location?.segment.parts[location.index];
    if (location === undefined || part === undefined || part.gap || (location.segment.gap && location.segment.duration > 0)) {
      this.#missing(exchange, presentation);
      return;
    }
    const chunks = location.segment.partChunks(location.index);
    if (chunks !== undefined) exchange.media(chunks, contentTypeOf(rendition), MEDIA_CACHE);
    else this.#segmentFromDisk(exchange, presentation, rendition, location.segment, part);
  }

  #segmentFromDisk(
    exchange: Exchange,
    presentation: LivePresentation,
    rendition: LiveRendition,
    segment: HotSegment,
    span?: ByteSpan,
  ): void {
    this.#fromDisk(exchange, presentation, rendition, segmentName(segment.msn), span);
  }

  #fromDisk(exchange: Exchange, presentation: LivePresentation, rendition: LiveRendition, name: string, span?: ByteSpan): void {
    const answer = (bytes: Uint8Array | undefined): void =>
      this.#guard(exchange, () => {
        if (exchange.over) return;
        if (bytes === undefined) this.#missing(exchange, presentation);
        else exchange.media([bytes], contentTypeOf(rendition), MEDIA_CACHE);
      });
    presentation.keeper.read(rendition.id, name, span).then(answer, (error: unknown) => {
      this.#deps.events.failed?.(error);
      answer(undefined);
    });
  }

  #missing(exchange: Exchange, presentation: LivePresentation): void {
    exchange.problem(notFound('This media is not available.'), { cacheControl: mediaErrorCache(presentation.targetDuration) });
  }

  #wait(
    exchange: Exchange,
    waiters: Waiters,
    ready: () => boolean,
    maxWaitMs: ReturnType<typeof millis>,
    done: (outcome: WaitOutcome) => void,
  ): void {
    const cancel = waiters.wait(ready, maxWaitMs, (outcome) => this.#guard(exchange, () => done(outcome)));
    if (cancel === undefined) exchange.problem(overloaded());
    else exchange.onClose(cancel);
  }
}

const contentTypeOf = (rendition: LiveRendition): string => (rendition.track.kind === 'audio' ? 'audio/mp4' : 'video/mp4');
