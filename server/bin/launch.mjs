// Runs a program in the foreground and stands in for it: passes on signals, keeps its exit code.
// The child gets its own process group, because a terminal's Ctrl-C reaches the whole group and npm sends SIGINT once more:
// without that a server would be told three times to stop, and the second time means "at once".
// The IPC channel carries no messages: it tells the child when this process dies without being able to say so (kill -9).

import { spawn } from 'node:child_process';
import { constants } from 'node:os';

/** Two of the same signal within this time are one press of Ctrl-C that took two ways. */
const SAME_PRESS_MS = 500;

/** Resolves with the exit code, by shell convention 128 + n for a child that signal n ended. */
export function launch(command, args, options = {}) {
  const child = spawn(command, args, {
    ...options,
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    detached: process.platform !== 'win32',
  });
  let lastSignalAt = Number.NEGATIVE_INFINITY;
  const forward = (signal) => {
    const now = performance.now();
    if (now - lastSignalAt < SAME_PRESS_MS) return;
    lastSignalAt = now;
    child.kill(signal === 'SIGHUP' ? 'SIGTERM' : signal);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, forward);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code, signal) => resolve(code ?? 128 + (constants.signals[signal] ?? 0)));
  });
}

/** In the launched process: end when the launcher is gone. */
export function endWithLauncher() {
  if (process.channel === undefined) return;
  process.channel.unref();
  process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'));
}
