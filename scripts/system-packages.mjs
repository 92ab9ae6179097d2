// The clients we did not write, for the tests that use them: asks Debian's apt for what is missing when it may (root, apt there).
// What cannot be installed is no error here: the tests that need it skip and name it.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const program = (name) => () => !spawnSync(name, ['--version'], { stdio: 'ignore' }).error;
const gstElement = (name) => () => spawnSync('gst-inspect-1.0', ['--exists', name], { stdio: 'ignore' }).status === 0;

/** Each package with the quickest sign that it is there. */
const PACKAGES = [
  { name: 'ffmpeg', present: program('ffmpeg') },
  { name: 'chromium', present: program('chromium') },
  { name: 'gstreamer1.0-tools', present: program('gst-launch-1.0') },
  { name: 'gstreamer1.0-plugins-base', present: gstElement('videotestsrc') },
  { name: 'gstreamer1.0-plugins-good', present: gstElement('flvmux') },
  { name: 'gstreamer1.0-plugins-bad', present: gstElement('rtmp2sink') },
  { name: 'gstreamer1.0-plugins-ugly', present: gstElement('x264enc') },
  { name: 'gstreamer1.0-libav', present: gstElement('avdec_h264') },
  { name: 'fonts-dejavu-core', present: () => existsSync('/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf') },
];

const INSTALL_LIMIT_MS = 10 * 60_000;
const QUICK_TO_FAIL = ['-o', 'Acquire::Retries=1', '-o', 'Acquire::http::Timeout=20', '-o', 'Acquire::https::Timeout=20'];

const missing = () => PACKAGES.filter(({ present }) => !present()).map(({ name }) => name);

/** Returns the names that are still missing afterwards. */
export function installSystemPackages({ log = console.log } = {}) {
  const wanted = missing();
  if (wanted.length === 0) return [];
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) {
    log(`Not installed: ${wanted.join(', ')}. Tests that use them will be skipped.`);
    return wanted;
  }
  log(`Installing for the tests: ${wanted.join(', ')} …`);
  aptGet(['update', '-q']);
  const result = aptGet(['install', '-y', '-q', '--no-install-recommends', ...wanted]);
  const left = missing();
  if (left.length > 0) log(`Could not install ${left.join(', ')}; tests that use them will be skipped.\n${lastLines(result.stderr)}`);
  return left;
}

function aptGet(args) {
  return spawnSync('apt-get', [...QUICK_TO_FAIL, ...args], {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: INSTALL_LIMIT_MS,
    maxBuffer: 64 << 20,
  });
}

const lastLines = (text) => (text ?? '').trim().split('\n').slice(-3).join('\n');
