"""Decodes one video file in a process of its own; see `video`, which starts it.

A file from outside meets a large C library here. So the process has little: it may read local files
of a few containers only (a playlist could name other files or addresses), and its time and memory
are limited; if it dies, the app does not.

Standard output: one line of JSON, {"width", "height", "fps", "duration_s"} or {"error"}; then for
each frame its time as a little-endian float64 and height × width × 3 bytes of RGB.
"""

from __future__ import annotations

import json
import struct
import sys
from typing import Any, Final

CONTAINERS: Final = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts"
CPU_S: Final = 300
MEMORY_BYTES: Final = 3 * 2**30
SHOWN_PX: Final = 960
"""Wider frames are scaled down to this: the network takes 320."""


def decode(path: str, every_s: float, most_frames: int, most_pixels: int) -> None:
    """Write header and frames to standard output.

    Args:
        path: The file.
        every_s: Least time from one frame to the next.
        most_frames: Frames after which it ends.
        most_pixels: A frame with more is refused before it is decoded.
    """
    import av

    out = sys.stdout.buffer
    try:
        options = {"protocol_whitelist": "file", "format_whitelist": CONTAINERS}
        with av.open(path, options=options, metadata_errors="replace") as container:
            if not container.streams.video:
                _say({"error": "it has no picture track"})
                return
            stream = container.streams.video[0]
            width, height = int(stream.codec_context.width), int(stream.codec_context.height)
            if width * height > most_pixels or min(width, height) < 1:
                _say({"error": f"its frames have {width} × {height} pixels; at most {most_pixels} "
                               "are taken"})
                return
            scale = min(1.0, SHOWN_PX / width)
            size = (max(2, round(width * scale)), max(2, round(height * scale)))
            duration = container.duration / 1e6 if container.duration else None
            _say({"width": size[0], "height": size[1], "duration_s": duration,
                  "fps": float(stream.average_rate) if stream.average_rate else None})
            due, written = 0.0, 0
            for frame in container.decode(stream):
                time = float(frame.time) if frame.time is not None else written * every_s
                if time + 1e-6 < due:
                    continue
                due = time + every_s
                picture = frame.reformat(width=size[0], height=size[1], format="rgb24")
                out.write(struct.pack("<d", time) + picture.to_ndarray().tobytes())
                written += 1
                if written >= most_frames:
                    return
    except (av.FFmpegError, ValueError, OSError) as error:
        _say({"error": str(error)})


def _say(header: dict[str, Any]) -> None:
    sys.stdout.buffer.write(json.dumps(header).encode() + b"\n")


def _limited() -> None:
    """Give up what the work does not need; systems without such limits go on without."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))


if __name__ == "__main__":
    _limited()
    decode(sys.argv[1], float(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
    sys.stdout.buffer.flush()
