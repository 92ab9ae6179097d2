// nginx as the peer: one worker (as our server is one thread), sendfile, an open-file cache, no access log, its own folder and port.

import { chmod, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { eventually } from '../../tests/kit/eventually.ts';
import { Program } from '../../tests/kit/program.ts';
import { freePort } from './free-port.ts';
import { benchFolder, owned, pidOf } from './server.ts';

const configuration = (folder: string, port: number): string => `
daemon off;
master_process off;
worker_processes 1;
pid ${folder}/nginx.pid;
error_log stderr error;
events { worker_connections 1024; }
http {
  access_log off;
  sendfile on;
  tcp_nopush on;
  tcp_nodelay on;
  keepalive_timeout 60;
  keepalive_requests 100000000;
  open_file_cache max=100 inactive=60s;
  default_type video/mp4;
  client_body_temp_path ${folder}/temporary;
  proxy_temp_path ${folder}/temporary;
  fastcgi_temp_path ${folder}/temporary;
  uwsgi_temp_path ${folder}/temporary;
  scgi_temp_path ${folder}/temporary;
  server {
    listen 127.0.0.1:${port};
    root ${folder}/www;
    location / { add_header Cache-Control "public, max-age=3600, immutable"; add_header Access-Control-Allow-Origin "*"; }
  }
}
`;

export type Nginx = { readonly pid: number; readonly url: string };

/** Serves `files` (name to bytes) until the benchmark is over. */
export const startNginx = async (resources: AsyncDisposableStack, files: ReadonlyMap<string, Uint8Array>): Promise<Nginx> => {
  const folder = await benchFolder(resources, 'nginx');
  const port = await freePort();
  await mkdir(path.join(folder, 'www'));
  for (const [name, bytes] of files) await writeFile(path.join(folder, 'www', name), bytes);
  // A worker that nginx has made an unprivileged user must be able to enter.
  await chmod(folder, 0o755);
  const file = path.join(folder, 'nginx.conf');
  await writeFile(file, configuration(folder, port));
  const program = owned(resources, new Program('nginx', ['-p', folder, '-e', 'stderr', '-c', file]));
  const url = `http://127.0.0.1:${port}`;
  const [first] = files.keys();
  await eventually('nginx serves', 10_000, async () => {
    if (!program.running) throw new Error(`nginx ended:\n${program.output}`);
    return (await fetch(`${url}/${first}`)).ok;
  });
  return { pid: pidOf(program), url };
};
