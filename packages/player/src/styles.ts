// The player's looks. Page tokens (--accent, --live, …) shine through when the page defines them; on the picture itself the ink is
// always light on a dark scrim, in both themes. A constructable stylesheet, so a strict Content-Security-Policy holds.

export const playerCss = `
:host {
  --ink: #eceef2; --ink-muted: #b6bdc9; --scrim: rgb(6 8 11 / 0.82); --panel: #12151bf2; --edge: #ffffff24; --curtain: #12151b;
  --tint: var(--player-accent, #ffb224); --on-air: var(--player-live, #ff4d4f); --fault: #ff6b6b;
  --mono: var(--font-mono, ui-monospace, monospace);
  display: block; position: relative; aspect-ratio: 16 / 9; overflow: hidden; background: #000; color: var(--ink);
  container-type: inline-size; font: 13px/1.4 var(--font-sans, system-ui, sans-serif); -webkit-tap-highlight-color: transparent;
  user-select: none; -webkit-user-select: none;
}
:host([hidden]) { display: none; }
:host(:fullscreen) { aspect-ratio: auto; width: 100%; height: 100%; }
* { box-sizing: border-box; }
[hidden] { display: none !important; }
video, .poster, .cover, .surface { position: absolute; inset: 0; width: 100%; height: 100%; }
.surface { touch-action: manipulation; }
video { object-fit: contain; background: #000; }
:host([data-fill]) video { object-fit: cover; }
:host([data-idle]) { cursor: none; }
.poster { object-fit: cover; background: var(--curtain); transition: opacity 160ms; }
.poster[data-off] { opacity: 0; pointer-events: none; }
svg { width: 18px; height: 18px; fill: none; stroke: currentColor; stroke-width: 2; stroke-linecap: round; stroke-linejoin: round; flex: none; }
button { font: inherit; color: inherit; background: none; border: 0; padding: 0; cursor: pointer; }
:focus { outline: none; }
:focus-visible { outline: 2px solid var(--tint); outline-offset: 2px; }
:host(:focus-visible) { outline: 2px solid var(--tint); outline-offset: -2px; }

.spinner { position: absolute; inset: 0; margin: auto; width: 44px; height: 44px; border-radius: 50%; border: 3px solid #ffffff2e; border-top-color: var(--ink); animation: turn 900ms linear infinite; pointer-events: none; }
@keyframes turn { to { transform: rotate(1turn); } }

.cover { display: grid; place-content: center; justify-items: center; gap: 8px; padding: 16px; text-align: center; background: var(--curtain); }
.cover[data-over] { background: var(--scrim); }
.cover > svg { width: 28px; height: 28px; color: var(--ink-muted); }
.cover[data-kind='error'] > svg { color: var(--fault); }
.cover strong { font-size: 16px; font-weight: 600; }
.cover p { margin: 0; max-width: 44ch; color: var(--ink-muted); }
.cover code { font: 12px var(--mono); color: var(--ink-muted); user-select: text; -webkit-user-select: text; }
.action { display: inline-flex; align-items: center; gap: 8px; height: 32px; padding: 0 14px; margin-top: 4px; border-radius: 8px; border: 1px solid var(--edge); background: #ffffff14; font-weight: 500; }
.action svg { width: 16px; height: 16px; }
.action:hover { background: #ffffff26; }
.note { position: absolute; top: 12px; inset-inline: 12px; width: fit-content; margin-inline: auto; padding: 6px 12px; border-radius: 8px; background: var(--panel); border: 1px solid var(--edge); text-align: center; }

.sound { position: absolute; top: 12px; left: 12px; display: inline-flex; align-items: center; gap: 8px; height: 36px; padding: 0 14px 0 12px; border-radius: 8px; background: var(--ink); color: #16181d; font-weight: 600; }

.bar { position: absolute; inset: auto 0 0; padding: 48px 12px 8px; background: linear-gradient(transparent, rgb(0 0 0 / 0.78)); transition: opacity 160ms; }
:host([data-idle]) .bar { opacity: 0; pointer-events: none; }
.row { display: flex; align-items: center; gap: 2px; height: 40px; }
.grow { flex: 1; }
.icon { display: grid; place-content: center; width: 36px; height: 36px; border-radius: 8px; }
.icon:hover, .chip:hover, .live:hover { background: #ffffff24; }
.icon[aria-pressed='true'] { color: var(--tint); }

.live { display: inline-flex; align-items: center; gap: 7px; height: 28px; padding: 0 10px; margin-inline: 6px; border-radius: 6px; font-weight: 600; white-space: nowrap; }
.live::before { content: ''; width: 8px; height: 8px; border-radius: 50%; background: var(--on-air); }
.live[data-behind]::before { background: #98a1b0; }
.behind { color: var(--ink-muted); font: 12px var(--mono); font-variant-numeric: tabular-nums; white-space: nowrap; }
.chip { height: 28px; padding: 0 8px; border-radius: 6px; font: 12px var(--mono); font-variant-numeric: tabular-nums; white-space: nowrap; color: var(--ink); min-width: 23ch; text-align: right; }

.volume { display: flex; align-items: center; }
.volume input { width: 0; opacity: 0; transition: width 140ms, opacity 140ms; }
.volume:hover input, .volume:focus-within input { width: 72px; opacity: 1; margin-right: 6px; }
input[type='range'] { appearance: none; -webkit-appearance: none; height: 16px; margin: 0; background: none; cursor: pointer; --at: 100%; border-radius: 4px; }
input[type='range']::-webkit-slider-runnable-track { height: 4px; border-radius: 2px; background: linear-gradient(to right, var(--fill, var(--ink)) var(--at), #ffffff3d var(--at)); }
input[type='range']::-moz-range-track { height: 4px; border-radius: 2px; background: linear-gradient(to right, var(--fill, var(--ink)) var(--at), #ffffff3d var(--at)); }
input[type='range']::-webkit-slider-thumb { -webkit-appearance: none; width: 12px; height: 12px; margin-top: -4px; border-radius: 50%; background: var(--ink); }
input[type='range']::-moz-range-thumb { width: 12px; height: 12px; border: 0; border-radius: 50%; background: var(--ink); }
.scrub[hidden] { display: block !important; visibility: hidden; }
.scrub { display: block; width: 100%; --fill: var(--on-air); }
.scrub[data-behind] { --fill: var(--ink); }

.panel { position: absolute; border-radius: 8px; background: var(--panel); border: 1px solid var(--edge); }
.menu { right: 12px; bottom: 56px; min-width: 140px; padding: 4px; }
.menu button { display: flex; align-items: center; gap: 8px; width: 100%; height: 32px; padding: 0 10px; border-radius: 6px; text-align: left; }
.menu button:hover { background: #ffffff1f; }
.menu svg { width: 14px; height: 14px; visibility: hidden; }
.menu [aria-checked='true'] svg { visibility: visible; color: var(--tint); }
.stats { top: 12px; right: 12px; width: min(330px, calc(100% - 24px)); max-height: calc(100% - 76px); overflow: auto; padding: 6px 12px 10px; }
.stats header { display: flex; align-items: center; justify-content: space-between; font-weight: 600; }
.stats dl { display: grid; grid-template-columns: auto 1fr; gap: 3px 14px; align-items: center; margin: 0; font-size: 12px; }
.stats dt { color: var(--ink-muted); }
.stats dd { margin: 0; text-align: right; font-family: var(--mono); font-variant-numeric: tabular-nums; user-select: text; -webkit-user-select: text; }
.stats .session { display: flex; justify-content: flex-end; align-items: center; gap: 4px; min-width: 0; }
.stats .session span { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; max-width: 14ch; }
.stats .icon { width: 28px; height: 28px; }
.stats .icon svg { width: 14px; height: 14px; }

.hint { position: absolute; top: 0; bottom: 0; width: 34%; display: grid; place-content: center; font-weight: 600; background: #ffffff1a; pointer-events: none; }
.hint[data-side='back'] { left: 0; border-radius: 0 50% 50% 0; }
.hint[data-side='forward'] { right: 0; border-radius: 50% 0 0 50%; }
.said { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }

@media (pointer: coarse) {
  .icon, .stats .icon { width: 40px; height: 40px; }
  .live, .chip, .sound, .action, .menu button { height: 40px; }
  .volume input { display: none; }
}
@container (max-width: 520px) {
  .bar { padding-inline: 6px; padding-bottom: 2px; }
  .behind, .wide, .chip .more { display: none; }
  .chip { min-width: 7ch; }
  .live { margin-inline: 2px; padding-inline: 8px; }
  .cover { gap: 4px; } .cover strong { font-size: 14px; } .cover > svg { width: 22px; height: 22px; }
}
@media (prefers-reduced-motion: reduce) { * { transition: none !important; } .spinner { animation-duration: 2.4s; } }
`;
