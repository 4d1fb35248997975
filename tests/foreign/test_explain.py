"""Compares `:explain` with the bytes that a proxy recorded on the same connection, parsed by
Python's own HTTP/2: every header field and every byte."""

import json
import platform
import re
import shlex
import socket
import sys
import threading
import unittest
from pathlib import Path

import hpack
from hyperframe.frame import DataFrame, Frame, HeadersFrame

from programs import GRPCALC, PATIENCE, Served, Terminal, run
from test_certificates import Authority

GRPCURL = Path(sys.executable).parent / "grpcurl"
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"


class Proxy:
    """Forwards one connection and records its bytes."""

    def __init__(self, address):
        host, port = address.rsplit(":", 1)
        self.server = (host, int(port))
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:{}".format(self.listener.getsockname()[1])
        self.sent, self.received = bytearray(), bytearray()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        client, _ = self.listener.accept()
        with client, socket.create_connection(self.server) as server:
            back = threading.Thread(target=self.forward, args=(server, client, self.received))
            back.start()
            self.forward(client, server, self.sent)
            back.join()

    @staticmethod
    def forward(source, sink, record):
        try:
            while data := source.recv(65536):
                record += data
                sink.sendall(data)
        except ConnectionError:
            pass
        try:
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def streams(self):
        """Returns the streams of the connection by their numbers."""
        self.thread.join(PATIENCE)
        self.listener.close()
        streams = {}
        assert self.sent.startswith(PREFACE)
        for side, data in (("sent", self.sent[len(PREFACE) :]), ("received", self.received)):
            fields = hpack.Decoder()
            data = memoryview(bytes(data))
            while data:
                frame, length = Frame.parse_frame_header(data[:9])
                frame.parse_body(data[9 : 9 + length])
                data = data[9 + length :]
                stream = streams.setdefault(frame.stream_id, Stream())
                if isinstance(frame, HeadersFrame):
                    assert "END_HEADERS" in frame.flags
                    block = [f"{name}: {value}" for name, value in fields.decode(frame.data)]
                    getattr(stream, f"{side}_fields").append(block)
                elif isinstance(frame, DataFrame):
                    getattr(stream, side).extend(frame.data)
        return streams


class Stream:
    def __init__(self):
        self.sent_fields, self.received_fields = [], []
        self.sent, self.received = bytearray(), bytearray()

    def messages(self, side):
        data = bytes(getattr(self, side))
        while data:
            end = 5 + int.from_bytes(data[1:5], "big")
            yield data[:5], data[5:end]
            data = data[end:]


class Explanation:
    """The lines of each step, without their indentation."""

    def __init__(self, text):
        self.steps = {}
        for line in text.splitlines():
            if step := re.match(r"(\d) |(The same call)", line):
                title = step[1] or "grpcurl"
                self.steps[title] = []
            elif line.startswith("    ") and self.steps:
                self.steps[title].append(line[4:])

    def under(self, step, heading):
        """Returns the indented lines below each line that begins with `heading`."""
        found, current = [], None
        for line in self.steps[step]:
            if not line.startswith("  "):
                current = [] if line.startswith(heading) else None
                if current is not None:
                    found.append(current)
            elif current is not None:
                current.append(line[2:])
        return found

    def messages(self, step):
        """Yields the bytes of each message: in one row, and as annotated field by field."""
        rows = [line for line in self.steps[step] if line.startswith("the message, ")]
        pattern = r" *((?:[0-9a-f]{2} )*[0-9a-f]{2}(?: …)?) "
        for row, lines in zip(rows, self.under(step, "the message, "), strict=True):
            annotated = [re.match(pattern, line) for line in lines]
            yield row.split(": ")[1], [match[1] for match in annotated if match]


class Explained(Served):
    def check(self, text, stream, number, sent=0, received=0):
        """Compares the shown text with a stream, from these messages on."""
        shown = Explanation(text)
        self.assertEqual(list(shown.steps), [*"1234567", "grpcurl"], text)
        self.assertIn(f"5 HTTP/2, stream {number}\n", text)
        self.assertEqual(shown.under("5", "HEADERS"), stream.sent_fields)
        sent = list(stream.messages("sent"))[sent:]
        received = list(stream.messages("received"))[received:]
        self.bytes(shown, "4", [message for _, message in sent])
        self.bytes(shown, "6", [message for _, message in received])
        for step, frames in (("5", sent), ("6", received)):
            prefixes = [line[:14] for part in shown.under(step, "DATA") for line in part]
            self.assertEqual(prefixes, [prefix.hex(" ") for prefix, _ in frames])
        blocks = shown.under("6", "HEADERS") + shown.under("6", "trailers")
        self.assertEqual(len(blocks), len(stream.received_fields), text)
        for block, fields in zip(blocks, stream.received_fields):
            for line, field in zip(block, fields, strict=True):
                # Only the first characters of the details are shown.
                self.assertTrue(field.startswith(line.split("… (decoded")[0]), (line, field))
        return shown

    def bytes(self, shown, step, messages):
        found = list(shown.messages(step))
        self.assertEqual(len(found), len(messages))
        for (row, annotated), message in zip(found, messages):
            row, _, rest = row.partition(" …")
            self.assertTrue(message.hex(" ").startswith(row))
            self.assertTrue(rest == "" and (len(message) <= 20 or " …" not in row))
            if not any("…" in part for part in annotated) and annotated:
                self.assertEqual(" ".join(annotated), message.hex(" "))

    def explained(self, *line, code=0):
        proxy = Proxy(self.address)
        stdout, stderr, found = run(GRPCALC, "--addr", proxy.address, "--explain", *line)
        self.assertEqual(found, code, stderr)
        streams = {number: it for number, it in proxy.streams().items() if it.sent_fields}
        self.assertEqual(list(streams), [1])
        return self.check(stdout, streams[1], 1), stdout

    def test_typed_calls(self):
        shown, text = self.explained("add", "20", "10")
        self.assertEqual([row for row, _ in shown.messages("4")], ["08 14 10 0a"])
        self.assertEqual([row for row, _ in shown.messages("6")], ["08 1e"])
        self.assertTrue(text.startswith("30\n"))
        self.explained("multiply", "-1", "0")
        self.explained("divide", "7", "2")

    def test_lines(self):
        self.explained("1/3 + sqrt(2)")
        self.explained("2^20000")
        self.explained("1/0", code=1)
        self.explained("1 +", code=1)
        shown, text = self.explained("divide", "1", "0", code=1)
        self.assertIn("status INVALID_ARGUMENT: division by zero", shown.steps["6"])
        self.assertIn('reason: "DIVISION_BY_ZERO"', text)

    def test_the_worksheet_at_the_prompt(self):
        proxy = Proxy(self.address)
        terminal = Terminal("--addr", proxy.address)
        self.addCleanup(terminal.close)
        # Previews would add messages to the same stream.
        terminal.expect("> ")
        terminal.type(":set preview off\r")
        terminal.expect("> ")
        terminal.type("x = 1/3\r")
        terminal.expect("0.33333333333333333333")
        terminal.expect("> ")
        terminal.type(":explain x * 3\r")
        terminal.expect("1 The proto")
        end = f"{proxy.address} grpcalc.v1.EvaluatorService/Worksheet\r\n"
        text = "1 The proto" + terminal.expect(end).replace("\r\n", "\n")
        terminal.expect("> ")
        terminal.type("\x04")
        terminal.process.wait(PATIENCE)
        streams = {number: it for number, it in proxy.streams().items() if it.sent_fields}
        self.assertEqual(list(streams), [1])
        stream = streams[1]
        # The stream ended after the recording.
        del stream.received_fields[1:]
        self.check(text, stream, 1, sent=-1, received=-1)

    @unittest.skipUnless(platform.machine() == "x86_64", "the package is for x86-64 only")
    def test_the_command_makes_the_same_call(self):
        for line, expected in (
            (("add", "20", "10"), {"n1": 30}),
            (("divide", "1", "4"), {"f1": 0.25}),
            (("'it''s' == 1",), None),
            (("2 * 3 # 'quoted'",), {"text": "6", "integer": "6"}),
        ):
            options = ("--addr", self.address, "--explain")
            stdout, _, code = run(GRPCALC, *options, *line)
            command = Explanation(stdout).steps["grpcurl"][0]
            program, *arguments = shlex.split(command)
            self.assertEqual(program, "grpcurl")
            stdout, stderr, found = run(GRPCURL, *arguments)
            if expected is None:
                self.assertEqual((code, found), (1, 64 + 3), stderr)
                continue
            self.assertEqual(found, 0, stderr)
            answer = json.loads(stdout)
            self.assertEqual(answer.get("answer", {}).get("value", answer), expected)

    @unittest.skipUnless(platform.machine() == "x86_64", "the package is for x86-64 only")
    def test_the_command_reaches_an_embedded_server_that_listens(self):
        authority = Authority("authority")
        self.addCleanup(authority.cleanup)
        cert, key = authority.sign("our own")
        token = authority.folder / "token"
        token.write_text("open-sesame\n")
        tls = ("--cert", cert, "--key", key, "--token-file", token)
        for options in (
            ("--listen", "127.0.0.1:0"),
            ("--listen", f"unix:{authority.folder}/a b.sock"),
            ("--listen", "127.0.0.1:0", *tls),
            ("--listen", f"unix:{authority.folder}/it's.sock", *tls),
        ):
            with self.subTest(options):
                terminal = Terminal(*options)
                self.addCleanup(terminal.close)
                terminal.expect("> ")
                terminal.type(":explain add 20 10\r")
                terminal.expect("The same call with grpcurl")
                text = terminal.expect(" calc.Calculator/Add\r\n")
                program, *arguments = shlex.split(text.replace("TOKEN", "open-sesame"))
                self.assertEqual(program, "grpcurl")
                stdout, stderr, code = run(GRPCURL, *arguments)
                self.assertEqual(code, 0, stderr)
                self.assertEqual(json.loads(stdout), {"n1": 30})
