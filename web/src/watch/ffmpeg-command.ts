// The ffmpeg line that publishes a file to this server. Pure.

const KEY_PLACEHOLDER = 'STREAM_KEY';

/** Low-delay H.264 with a keyframe each second (at 30 fps) and AAC, in real time. The URL is quoted: a key holds no quote, but shells differ. */
export function ffmpegCommand(server: string, streamKey: string | null): string {
  const video = '-c:v libx264 -preset veryfast -tune zerolatency -pix_fmt yuv420p -g 30 -b:v 3M -maxrate 3M -bufsize 3M';
  const audio = '-c:a aac -b:a 160k -ar 48000 -ac 2';
  return `ffmpeg -re -stream_loop -1 -i input.mp4 ${video} ${audio} -f flv "${server}/${streamKey ?? KEY_PLACEHOLDER}"`;
}
