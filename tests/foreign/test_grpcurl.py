"""grpcurl, the usual tool to try a gRPC server. It has only the address, and uses
reflection v1alpha."""

import json
import platform
import re
import sys
import tempfile
import unittest
from pathlib import Path

from programs import Served, run, serve, stop
from test_discovery import CALLS, SERVICES

GRPCURL = Path(sys.executable).parent / "grpcurl"


@unittest.skipUnless(platform.machine() == "x86_64", "its package is for one kind of machine")
class Grpcurl(Served):
    def ask(self, *arguments, options=()):
        return run(GRPCURL, "-plaintext", *options, self.address, *arguments)

    def test_services_are_listed(self):
        stdout, stderr, code = self.ask("list")
        self.assertEqual((stdout.split(), code), (SERVICES, 0), stderr)
        stdout, stderr, code = self.ask("list", "calc.Calculator")
        methods = [f"calc.Calculator.{name}" for name in ("Add", "Divide", "Multiply", "Substract")]
        self.assertEqual((stdout.split(), code), (methods, 0), stderr)

    def test_services_are_described_with_their_comments(self):
        stdout, stderr, code = self.ask("describe", "calc.Calculator.Add")
        expected = (
            "calc.Calculator.Add is a method:\n"
            "// Adds: 20 and 10 give 30. OUT_OF_RANGE when the sum does not fit int32.\n"
            "rpc Add ( .calc.AddRequest ) returns ( .calc.AddReply );\n"
        )
        self.assertEqual((stdout, code), (expected, 0), stderr)
        stdout, stderr, code = self.ask("describe")
        self.assertEqual(code, 0, stderr)
        found = re.findall(r"^(\S+) is a service:$", stdout, re.MULTILINE)
        self.assertEqual(sorted(found), SERVICES)

    def test_every_method_is_called(self):
        for path, (request, expected) in CALLS.items():
            with self.subTest(path):
                stdout, stderr, code = self.ask(path, options=("-d", json.dumps(request)))
                self.assertEqual(code, 0, stderr)
                self.assertEqual(json.loads(stdout), expected)

    def test_a_fault(self):
        stdout, stderr, code = self.ask("calc.Calculator/Divide", options=("-d", '{"n1": 1}'))
        self.assertEqual((stdout, code), ("", 64 + 3))  # 64 and the status
        self.assertIn("Code: InvalidArgument\n  Message: division by zero\n", stderr)
        self.assertRegex(stderr, '"reason": ?"DIVISION_BY_ZERO"')

    def test_a_unix_socket(self):
        with tempfile.TemporaryDirectory() as folder:
            path = f"{folder}/calc.sock"
            server, _ = serve(listen=f"unix:{path}")
            self.addCleanup(stop, server)
            request = ("-d", '{"n1": 20, "n2": 10}', path, "calc.Calculator/Add")
            stdout, stderr, code = run(GRPCURL, "-plaintext", "-unix", *request)
            self.assertEqual(code, 0, stderr)
            self.assertEqual(json.loads(stdout), {"n1": 30})


if __name__ == "__main__":
    unittest.main()
