"""protodial, a client for the command line that reads schemas by reflection v1."""

import json
import tempfile
import unittest

from programs import FOREIGN, Served, run, serve, stop
from test_discovery import CALLS, SERVICES

PROTODIAL = FOREIGN / "bin" / "protodial"


class Protodial(Served):
    def ask(self, *arguments):
        return run(PROTODIAL, *arguments, stdin="")

    def test_services_are_listed_and_described(self):
        url = f"grpc://{self.address}"
        stdout, stderr, code = self.ask("list", "--show-reflection", url)
        self.assertEqual((stdout.split(), code), (SERVICES, 0), stderr)
        stdout, stderr, code = self.ask("describe", f"{url}/calc.Calculator/Add")
        self.assertIn("rpc Add (.calc.AddRequest) returns (.calc.AddReply);", stdout, stderr)
        stdout, stderr, code = self.ask("describe", url, "google.rpc.ErrorInfo")
        self.assertIn("string reason = 1;", stdout, stderr)

    def test_every_method_is_called(self):
        for path, (request, expected) in CALLS.items():
            for compression in ("none", "gzip", "deflate"):
                with self.subTest(path, compression=compression):
                    options = ("--compression", compression, "-d", json.dumps(request))
                    stdout, stderr, code = self.ask(*options, f"grpc://{self.address}/{path}")
                    self.assertEqual(code, 0, stderr)
                    self.assertEqual(json.loads(stdout), expected)

    def test_a_fault(self):
        url = f"grpc://{self.address}/calc.Calculator/Divide"
        stdout, stderr, code = self.ask("--format-error", "-d", '{"n1": 1}', url)
        self.assertEqual((stdout, code != 0), ("", True))
        self.assertIn("INVALID_ARGUMENT", stderr)
        self.assertIn("`DIVISION_BY_ZERO` from `grpcalc`", stderr)

    def test_a_unix_socket(self):
        with tempfile.TemporaryDirectory() as folder:
            path = f"{folder}/calc.sock"
            server, _ = serve(listen=f"unix:{path}")
            self.addCleanup(stop, server)
            method = ("--plaintext", "--method", "calc.Calculator/Add")
            stdout, stderr, code = self.ask(*method, "-d", '{"n1": 20, "n2": 10}', f"unix://{path}")
            self.assertEqual((json.loads(stdout or "0"), code), ({"n1": 30}, 0), stderr)


if __name__ == "__main__":
    unittest.main()
