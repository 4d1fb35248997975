"""Programs that tests start and end."""

import os
import subprocess
import sys
from pathlib import Path

GRPCALC = os.environ["GRPCALC"]
BUF = Path(sys.executable).parent / "buf"
ROOT = Path(__file__).parents[2]
HEAVY = "f(n) = if(n < 2, n, f(n - 1) + f(n - 2)); f(60)"


def start(*command):
    """A server that prints its address or port on its first line."""
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    return server, server.stdout.readline().strip()


def serve(*options, listen="127.0.0.1:0"):
    """`grpcalc serve`, by default on a free port, and its address."""
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
