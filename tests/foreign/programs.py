"""Starts and ends the programs under test."""

import os
import pty
import select
import socket
import subprocess
import sys
import threading
import unittest
from contextlib import suppress
from pathlib import Path

GRPCALC = os.environ["GRPCALC"]
# The folder with the programs and packages that were installed for these tests.
FOREIGN = Path(sys.executable).parents[1]
BUF = FOREIGN / "bin" / "buf"
ROOT = Path(__file__).parents[2]
PATIENCE = 20
HEAVY = "f(n) = if(n < 2, n, f(n - 1) + f(n - 2)); f(60)"


def start(*command, env=None):
    """Starts a server that prints its address or port on its first line. Returns it with that line."""
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env)
    return server, server.stdout.readline().strip()


def serve(*options, listen="127.0.0.1:0"):
    """Starts `grpcalc serve`, by default on a free port. Returns it with its address."""
    return start(GRPCALC, "serve", "--listen", listen, "--log-level", "error", *options)


def stop(server):
    server.terminate()
    server.wait(timeout=20)
    server.stdout.close()
    return server.returncode


def kill(server):
    server.kill()
    server.wait(timeout=20)
    server.stdout.close()


def run(*command, stdin=""):
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=120)
    return done.stdout, done.stderr, done.returncode


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def answers(address, script, steps):
    """Runs a script. After each count of further answers in `steps`, calls its function. Returns
    all answers, the errors and the exit code."""
    client = subprocess.Popen(
        [GRPCALC, "--addr", address],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )

    def feed():
        # A client that has ended reads no more.
        with suppress(BrokenPipeError):
            client.stdin.write(script)
        with suppress(BrokenPipeError):
            client.stdin.close()

    feeding = threading.Thread(target=feed)
    feeding.start()
    found = []
    # Until the test reads more, the rest of the script is under way.
    for count, meanwhile in steps:
        found += [client.stdout.readline() for _ in range(count)]
        meanwhile()
    found += client.stdout.readlines()
    errors = client.stderr.read()
    feeding.join()
    code = client.wait(timeout=60)
    client.stdout.close()
    client.stderr.close()
    return found, errors, code


class Terminal:
    """grpcalc at a terminal."""

    def __init__(self, *options):
        self.end, end = pty.openpty()
        environment = {
            **os.environ,
            "TERM": "xterm",
            "NO_COLOR": "1",
            "GRPCALC_CONFIG": "",
            "GRPCALC_HISTORY": "",
        }
        self.process = subprocess.Popen(
            [GRPCALC, *options], stdin=end, stdout=end, stderr=end, env=environment
        )
        os.close(end)
        self.shown = ""

    def type(self, text):
        os.write(self.end, text.encode())

    def expect(self, text):
        """Waits for `text`. Returns the output up to its end, and forgets it."""
        while text not in self.shown:
            ready, _, _ = select.select([self.end], [], [], PATIENCE)
            if not ready:
                raise AssertionError(f"{text!r} not in {self.shown!r}")
            self.shown += os.read(self.end, 4096).decode(errors="replace")
        before, self.shown = self.shown.split(text, 1)
        return before + text

    def close(self):
        self.process.kill()
        self.process.wait()
        os.close(self.end)


class Served(unittest.TestCase):
    """Tests of a server without options."""

    @classmethod
    def setUpClass(cls):
        cls.server, cls.address = serve()

    @classmethod
    def tearDownClass(cls):
        assert stop(cls.server) == 0
