// Any sequence of publishes, goodbyes, stops, failures and waits: the service agrees with a model of a few lines, the store ends up with the
// service's state, and no channel ever has two open streams.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { openChannels } from './channels.ts';
import { silentLog, testPolicy, WINDOW_MS } from './control.fixture.ts';
import { createIds } from './ids.ts';
import { createMemoryStore } from './memory-store.fixture.ts';
import { StreamService } from './stream-service.ts';
import { VirtualClock } from './virtual-clock.fixture.ts';

const CHANNELS = ['a', 'b'];
type Model = { streamId: string; sessionId: string; connected: boolean; leftAt: number } | undefined;

const command = fc.oneof(
  fc.record({ do: fc.constant('open' as const), channel: fc.constantFrom(...CHANNELS) }),
  fc.record({ do: fc.constantFrom('close' as const, 'live' as const, 'stop' as const), channel: fc.constantFrom(...CHANNELS) }),
  fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: WINDOW_MS + 1 }) }),
);
type Command = typeof command extends fc.Arbitrary<infer T> ? T : never;

const makeService = async () => {
  const store = createMemoryStore();
  const clock = new VirtualClock();
  const ids = createIds(() => clock.now());
  const streamKeys = [{ kid: 'k1', secret: new Uint8Array(32) }] as const;
  const channels = await openChannels({ store: store.channels, clock, streamKeys, defaults: testPolicy });
  for (const id of CHANNELS) await channels.create(id, {});
  const service = new StreamService({ store: store.streams, channels, clock, ids, windowMs: WINDOW_MS, log: silentLog });
  return { store, clock, service };
};

type World = Awaited<ReturnType<typeof makeService>> & { readonly models: Map<string, Model> };

const open = async ({ service, clock, models }: World, channel: string): Promise<void> => {
  const model = models.get(channel);
  const result = await service.publish(channel, 'rtmp');
  if (model?.connected === true) {
    assert.equal(result.ok ? 'ok' : result.error.code, 'publisher_active');
    return;
  }
  assert.ok(result.ok);
  assert.equal(result.value.resumed, model !== undefined);
  if (model !== undefined) assert.equal(result.value.streamId, model.streamId);
  models.set(channel, { ...result.value, connected: true, leftAt: clock.now() });
};

const run = async (world: World, step: Command): Promise<void> => {
  const { service, clock, models } = world;
  if (step.do === 'wait') {
    await clock.advance(step.ms);
    for (const [channel, model] of models)
      if (model?.connected === false && clock.now() >= model.leftAt + WINDOW_MS) models.set(channel, undefined);
    return;
  }
  const model = models.get(step.channel);
  if (step.do === 'open') await open(world, step.channel);
  else if (model !== undefined && step.do === 'live') service.live(model.streamId);
  else if (model !== undefined && step.do === 'stop') {
    await service.stop(model.streamId);
    models.set(step.channel, undefined);
  } else if (model !== undefined && step.do === 'close') {
    service.unpublished(model.streamId, model.sessionId, 'closed');
    if (model.connected) models.set(step.channel, { ...model, connected: false, leftAt: clock.now() });
  }
};

describe('the stream service', () => {
  it('agrees with its model whatever happens', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(command, { maxLength: 30 }), async (steps) => {
        const world: World = { ...(await makeService()), models: new Map() };
        for (const step of steps) {
          await run(world, step);
          for (const channel of CHANNELS) {
            const model = world.models.get(channel);
            const info = world.service.ofChannel(channel);
            assert.equal(info?.id, model?.streamId);
            assert.equal(info?.sessionId ?? null, model?.connected === true ? model.sessionId : null);
          }
        }
        await world.service.close();
        const stored = await world.store.streams.list({ states: ['starting', 'live'], limit: 100 });
        assert.deepEqual(
          stored.map(({ id, state }) => [id, state]).sort(),
          world.service
            .current()
            .map(({ id, state }) => [id, state])
            .sort(),
        );
      }),
      { numRuns: 150 },
    );
  });
});
