// The viewer's volume, kept between visits. Storage may be refused (private windows, embeds); then nothing is remembered.

const KEY = 'headend-player-volume';

export type VolumePreference = { readonly volume: number; readonly muted: boolean };

export function readVolume(): VolumePreference {
  try {
    return parseVolume(localStorage.getItem(KEY));
  } catch {
    return parseVolume(null);
  }
}

export function writeVolume(preference: VolumePreference): void {
  try {
    localStorage.setItem(KEY, `${preference.volume.toFixed(2)} ${preference.muted ? 'muted' : 'on'}`);
  } catch {
    // Storage refused: the volume lasts for this page.
  }
}

export function parseVolume(text: string | null): VolumePreference {
  const [figure, word] = (text ?? '').split(' ');
  const volume = Number.parseFloat(figure ?? '');
  return { volume: Number.isFinite(volume) ? Math.min(1, Math.max(0, volume)) : 1, muted: word === 'muted' };
}
