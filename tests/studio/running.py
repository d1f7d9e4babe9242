"""A studio that runs in processes of its own, for tests and measurements."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import quote
from urllib.request import Request, urlopen


class Studio:
    """`facewright studio`, started as anybody starts it; `with` ends it."""

    def __init__(self, data, port=0):
        self.data, self.port, self.server, self.address = data, port, None, ""

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.server.terminate()
        self.server.wait(timeout=60)
        self.server.stdout.close()

    def start(self):
        """Start it; it can be asked at once."""
        words = [sys.executable, "-m", "facewright", "studio", "--no-browser", "--data"]
        self.server = subprocess.Popen(
            [*words, str(self.data), "--port", str(self.port)],
            stdout=subprocess.PIPE,
            text=True,
            env=dict(os.environ),
        )
        line = self.server.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:(\d+)", line)
        assert found, f"the studio said: {line}"
        self.address, self.port = found[0], int(found[1])

    def kill(self):
        """End the server as a power cut does."""
        self.server.kill()
        self.server.wait()
        self.server.stdout.close()

    def kill_worker(self, lane="quick"):
        """End a worker as the kernel does when memory is short."""
        with contextlib.suppress(ProcessLookupError, StopIteration):
            os.kill(self.find_worker(lane), signal.SIGKILL)

    def find_worker(self, lane="quick"):
        """Return the process that does the jobs of a lane."""
        path = Path(f"/proc/{self.server.pid}/task/{self.server.pid}/children")
        for pid in path.read_text(encoding="ascii").split():
            with contextlib.suppress(FileNotFoundError):
                words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
                if lane.encode() in words:
                    return int(pid)
        raise StopIteration

    def measure_processor(self):
        """Return the seconds of processor time that the server and its processes took so far."""
        children = Path(f"/proc/{self.server.pid}/task/{self.server.pid}/children")
        pids = [self.server.pid, *children.read_text(encoding="ascii").split()]
        times = [Path(f"/proc/{pid}/stat").read_text(encoding="utf-8") for pid in pids]
        ticks = [int(one) for text in times for one in text.rpartition(")")[2].split()[11:13]]
        return sum(ticks) / os.sysconf("SC_CLK_TCK")

    def measure_memory(self, lane=""):
        """Return MiB that the server or a worker holds."""
        pid = self.find_worker(lane) if lane else self.server.pid
        text = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
        return int(text.partition("VmRSS:")[2].split()[0]) / 1024

    def get(self, path, timeout=300):
        """Return what is at an address."""
        with urlopen(self.address + path, timeout=timeout) as answer:
            return answer.read()

    def send(self, command, *, options=None, references=None, files=()):
        """Begin a job; returns the status and what was answered."""
        border = uuid.uuid4().hex
        parts = [
            ("options", "", json.dumps(options or {}).encode()),
            ("references", "", json.dumps(references or {}).encode()),
            *((part, f'; filename="{name}"', data) for part, name, data in files),
        ]
        body = b"".join(
            f'--{border}\r\nContent-Disposition: form-data; name="{part}"{name}\r\n\r\n'.encode()
            + data
            + b"\r\n"
            for part, name, data in parts
        )
        body += f"--{border}--\r\n".encode()
        headers = {"Content-Type": f"multipart/form-data; boundary={border}"}
        request = Request(f"{self.address}/api/v1/jobs/{quote(command)}", body, headers)
        try:
            with urlopen(request, timeout=120) as answer:
                return answer.status, json.load(answer)
        except HTTPError as error:
            return error.code, json.load(error)

    def find(self, job):
        """Return a job."""
        return json.loads(self.get(f"/api/v1/jobs/{job}"))

    def wait(self, job, seconds=300):
        """Return a job once it has ended."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            with contextlib.suppress(URLError, ConnectionError):
                found = self.find(job)
                if found["state"] in ("done", "failed", "cancelled"):
                    return found
            time.sleep(0.2)
        raise AssertionError(f"{job} did not end within {seconds} s")
