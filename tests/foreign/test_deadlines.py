"""Deadlines that the server enforces, with a client that only reads and writes frames and
has no clock of its own."""

import socket
import struct
import time
import unittest
from urllib.parse import unquote

import h2.config
import h2.connection
import h2.events

from grpcalc.v1 import evaluator_pb2
from programs import HEAVY, serve, stop

DEADLINE_EXCEEDED = "4"


def message(payload):
    return b"\0" + struct.pack(">I", len(payload)) + payload


class Frames:
    """An HTTP/2 connection and its calls."""

    def __init__(self, test, address):
        host, port = address.split(":")
        self.socket = socket.create_connection((host, int(port)), timeout=20)
        test.addCleanup(self.socket.close)
        self.http = h2.connection.H2Connection(h2.config.H2Configuration(header_encoding="utf-8"))
        self.http.initiate_connection()
        self.authority = address
        self._send()

    def _send(self):
        self.socket.sendall(self.http.data_to_send())

    def call(self, path, timeout, body, end=False):
        """Starts a call."""
        stream = self.http.get_next_available_stream_id()
        self.http.send_headers(
            stream,
            [
                (":method", "POST"),
                (":scheme", "http"),
                (":path", path),
                (":authority", self.authority),
                ("content-type", "application/grpc"),
                ("te", "trailers"),
                ("grpc-timeout", timeout),
            ],
        )
        self.http.send_data(stream, body, end_stream=end)
        self._send()
        return stream

    def end_of(self, stream):
        """Returns the headers and trailers of a finished call, and its data."""
        headers, data = {}, b""
        while True:
            received = self.socket.recv(65536)
            assert received, "the connection was closed"
            for event in self.http.receive_data(received):
                if isinstance(event, h2.events.ConnectionTerminated):
                    raise AssertionError(event)
                if getattr(event, "stream_id", None) != stream:
                    continue
                if isinstance(event, (h2.events.ResponseReceived, h2.events.TrailersReceived)):
                    headers.update(event.headers)
                if isinstance(event, h2.events.DataReceived):
                    data += event.data
                if isinstance(event, h2.events.StreamReset):
                    raise AssertionError(event)
                if isinstance(event, h2.events.StreamEnded):
                    self._send()
                    return headers, data
            self._send()


class Deadlines(unittest.TestCase):
    def setUp(self):
        server, address = serve()
        self.addCleanup(lambda: self.assertEqual(stop(server), 0))
        self.frames = Frames(self, address)

    def check(self, path, body, *, timeout="300m", seconds=0.3, **options):
        begun = time.monotonic()
        stream = self.frames.call(path, timeout, body, **options)
        headers, data = self.frames.end_of(stream)
        took = time.monotonic() - begun
        self.assertEqual((headers[":status"], headers["grpc-status"]), ("200", DEADLINE_EXCEEDED))
        told = f"the call did not end within {seconds * 1e3:.0f}ms"
        self.assertEqual(unquote(headers["grpc-message"]), told)
        self.assertGreaterEqual(took, seconds)
        self.assertLess(took, seconds + 5)
        return data

    def test_a_message_that_never_arrives(self):
        self.check("/calc.Calculator/Add", b"")
        self.check("/calc.Calculator/Add", message(bytes([8, 20, 16, 10]))[:7])
        self.check("/grpcalc.v1.EvaluatorService/Evaluate", message(b"\n\x011")[:7])

    def test_a_line_that_takes_too_long(self):
        request = evaluator_pb2.EvaluateRequest(expression=HEAVY).SerializeToString()
        self.check("/grpcalc.v1.EvaluatorService/Evaluate", message(request), end=True)

    def test_a_worksheet(self):
        """A worksheet answers until its deadline."""
        run = evaluator_pb2.WorksheetRequest(run=evaluator_pb2.Run(text="6 * 7"))
        found = self.check(
            "/grpcalc.v1.EvaluatorService/Worksheet", message(run.SerializeToString())
        )
        [answer] = evaluator_pb2.WorksheetResponse.FromString(found[5:]).answers
        self.assertEqual(answer.value.text, "42")

    def test_a_watch(self):
        found = self.check("/grpc.health.v1.Health/Watch", message(b""), end=True)
        self.assertEqual(found, message(b"\x08\x01"))  # SERVING

    def test_reflection(self):
        self.check("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", b"")

    def test_the_connection_stays_open(self):
        self.check("/calc.Calculator/Add", b"", timeout="1m", seconds=0.001)
        stream = self.frames.call(
            "/calc.Calculator/Add", "20S", message(bytes([8, 20, 16, 10])), end=True
        )
        headers, data = self.frames.end_of(stream)
        self.assertEqual((headers["grpc-status"], data), ("0", message(b"\x08\x1e")))


if __name__ == "__main__":
    unittest.main()
